package v1alpha1

const (
	// AnnotationBaseline, on a Namespace, chooses its baselines: their names, in order, separated by
	// commas, or NoBaseline.
	AnnotationBaseline = GroupName + "/baseline"
	// AnnotationAsked, on a Namespace with AnnotationBaseline, asks again for the same baselines: any text that was not
	// there before. The admission policies review it like a change of AnnotationBaseline.
	AnnotationAsked = GroupName + "/asked"
	// AnnotationNotAuthorized, on a Namespace, is a digest of the values of AnnotationBaseline and AnnotationAsked that
	// were there before the policies that review them. Only Seedbed writes it.
	AnnotationNotAuthorized = GroupName + "/not-authorized"
	// NoBaseline as the annotation's only value opts a namespace out of every Optional baseline.
	NoBaseline = "none"
	// MaxBaselinesPerNamespace bounds the list in AnnotationBaseline.
	MaxBaselinesPerNamespace = 16

	// AnnotationAdopt, on a Baseline, lets Seedbed seal anew those of its records that were sealed with lost keys. Its value is
	// the Baseline's status.keyLostTimestamp, so that it is about that loss and no later one.
	AnnotationAdopt = GroupName + "/adopt"

	// AnnotationDeleteHeld, set to "true" on a BaselineBackup, allows its deletion although records hold it: their namespaces
	// cannot be restored from it again.
	AnnotationDeleteHeld = GroupName + "/delete-held"

	// LabelGate, set to GateNone, marks a Baseline that holds no Pods, so that the API server evaluates the chart's gate for the
	// others alone. Seedbed sets it; the admission policies refuse it where spec.gate is GatePods.
	LabelGate = GroupName + "/gate"

	// LabelExcludeFromBackup, set to "true", keeps Velero from backing an object up. Records have it, because a copy of one
	// proves nothing, and restores by hand, because they would run again where they come back to.
	LabelExcludeFromBackup = "velero.io/exclude-from-backup"

	// LabelBaseline, on a restored object, names the Baseline that brought it.
	LabelBaseline = GroupName + "/baseline"
	// LabelBackup, on a restored object, names the BaselineBackup that it came from.
	LabelBackup = GroupName + "/backup"
	// LabelManagedBy marks what Seedbed keeps for itself: the Secrets of its store and its certificates.
	LabelManagedBy = "app.kubernetes.io/managed-by"
	// ManagedBySeedbed is the value of LabelManagedBy.
	ManagedBySeedbed = "seedbed"

	// FinalizerContent, on a BaselineBackup, holds it until its stored content may go and is gone.
	FinalizerContent = GroupName + "/content"

	// VerbUse, on a Baseline, lets a user choose it for a namespace.
	VerbUse = "use"
	// VerbRestore, on a BaselineBackup, lets a user hand out what it holds: by a Baseline or by hand.
	VerbRestore = "restore"

	// FieldManager is the manager that Seedbed's writes are recorded under.
	FieldManager = "seedbed"

	// MaxNameLength bounds the names of Baselines and BaselineBackups: they become label values.
	MaxNameLength = 63
	// MaxMessages bounds each list of warnings and of errors in a status; the last one says what was cut.
	MaxMessages = 64
	// MaxMessageLength bounds one warning or error, in bytes.
	MaxMessageLength = 512
)
