package v1alpha1

const (
	// AnnotationBaseline, on a Namespace, selects its baselines: their names, in order, separated by
	// commas, or NoBaseline.
	AnnotationBaseline = GroupName + "/baseline"
	// AnnotationAsked, on a Namespace with AnnotationBaseline, requests the same baselines again: any new text does.
	// The admission policies review it like a change of AnnotationBaseline.
	AnnotationAsked = GroupName + "/asked"
	// AnnotationNotAuthorized, on a Namespace, is a digest of the values of AnnotationBaseline and AnnotationAsked that
	// are older than the policies that review them. Only Seedbed writes it.
	AnnotationNotAuthorized = GroupName + "/not-authorized"
	// NoBaseline as the annotation's only value opts a namespace out of every Optional baseline.
	NoBaseline = "none"
	// MaxBaselinesPerNamespace bounds the list in AnnotationBaseline.
	MaxBaselinesPerNamespace = 16

	// AnnotationAdopt, on a Baseline, lets Seedbed seal its records again that were sealed with lost keys. Its value is
	// the Baseline's status.keyLostTimestamp, so that it applies to that loss and no later one.
	AnnotationAdopt = GroupName + "/adopt"

	// AnnotationRolloutPaused, on a Baseline, keeps its rollout from beginning further updates. Any value does; those that have
	// begun end. It is no field, because a field would be reverted by GitOps in the middle of an incident.
	AnnotationRolloutPaused = GroupName + "/rollout-paused"
	// AnnotationRolloutApproved, on a Baseline, approves a step of its rollout: the revisionHash, a slash, and the number of the step
	// or RolloutApprovedAll. It does not apply to any other revision.
	AnnotationRolloutApproved = GroupName + "/rollout-approved"
	// AnnotationRolloutSkipSteps, on a Baseline, has the revisionHash whose rollout reaches all namespaces at once, without steps,
	// soaks and approvals. maxFailures still stops it. It does not apply to any other revision.
	AnnotationRolloutSkipSteps = GroupName + "/rollout-skip-steps"
	// RolloutApprovedAll, in AnnotationRolloutApproved, approves every step.
	RolloutApprovedAll = "all"

	// AnnotationAuditRequested, on a Baseline, asks for an audit of the namespaces that hold it: each new text is another
	// request. The time is a good one.
	AnnotationAuditRequested = GroupName + "/audit-requested"

	// AnnotationDeleteHeld, set to "true" on a BaselineBackup, allows its deletion although records hold it: their namespaces
	// cannot be restored from it again.
	AnnotationDeleteHeld = GroupName + "/delete-held"

	// LabelGate, set to GateNone, marks a Baseline that holds no Pods, so that the API server evaluates the chart's gate only
	// for the others. Seedbed sets it; the admission policies refuse it if spec.gate is GatePods.
	LabelGate = GroupName + "/gate"

	// LabelExcludeFromBackup, set to "true", keeps Velero from backing an object up. Records have it, because a copy of one
	// proves nothing. Restores by hand have it, because Velero's restore of one would run it again.
	LabelExcludeFromBackup = "velero.io/exclude-from-backup"

	// LabelBaseline, on a restored object, names the Baseline that it belongs to.
	LabelBaseline = GroupName + "/baseline"
	// LabelBackup, on a restored object, names the BaselineBackup that it came from.
	LabelBackup = GroupName + "/backup"
	// LabelProtected, on a restored object of a Required Baseline with DriftDeny, names the Baseline. The chart's protection refuses
	// changes of such an object. Only Seedbed sets it.
	LabelProtected = GroupName + "/protected"
	// LabelManagedBy marks Seedbed's own objects: the Secrets of its store and its certificates.
	LabelManagedBy = "app.kubernetes.io/managed-by"
	// ManagedBySeedbed is the value of LabelManagedBy.
	ManagedBySeedbed = "seedbed"

	// FinalizerContent, on a BaselineBackup, delays its deletion until its stored content may be removed and is removed.
	FinalizerContent = GroupName + "/content"

	// VerbUse, on a Baseline, permits a user to select it for a namespace.
	VerbUse = "use"
	// VerbRestore, on a BaselineBackup, permits a user to restore its content: by a Baseline or by hand.
	VerbRestore = "restore"
	// VerbAdminister, on a Baseline, permits a user to change the objects that it protects.
	VerbAdminister = "administer"

	// FieldManager is the manager that Seedbed's writes are recorded under.
	FieldManager = "seedbed"
	// AuditFieldManager is the manager of the drift in records. With another one, the time of FieldManager's entry stays that of
	// the last restore or update.
	AuditFieldManager = "seedbed-audit"

	// MaxNameLength bounds the names of Baselines and BaselineBackups: they become label values.
	MaxNameLength = 63
	// MaxMessages bounds each list of warnings and of errors in a status; the last one counts those left out.
	MaxMessages = 64
	// MaxMessageLength bounds one warning or error, in bytes.
	MaxMessageLength = 512
)
