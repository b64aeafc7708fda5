package v1alpha1

// Condition types.
const (
	// ConditionReady is on every Seedbed kind that has a status. On a BaselineBackup and on a BaselineRestore its
	// reason is the phase.
	ConditionReady = "Ready"
	// ConditionExpirationHeld, on a BaselineBackup, is True when its ttl ran out while a Baseline still uses it.
	ConditionExpirationHeld = "ExpirationHeld"
	// ConditionWritable, on a Baseline, is False when the backup holds Roles or RoleBindings that
	// Seedbed's own permissions do not let it write.
	ConditionWritable = "Writable"
	// ConditionBaselineReady, on a Namespace, is True when every baseline that it should hold has been restored.
	ConditionBaselineReady = "BaselineReady"
	// ConditionBaselineGuarded, on a Namespace, is True once its Pods need not be held: what guards and feeds them has been
	// restored. It is set once and for good, so that a baseline that comes later never stops Pods that run.
	ConditionBaselineGuarded = "BaselineGuarded"
)

// Reasons of ConditionBaselineGuarded on a Namespace.
const (
	// ReasonGuardsRestored says that what guards and feeds Pods has been restored.
	ReasonGuardsRestored = "GuardsRestored"
	// ReasonAlreadyRunning says that the namespace was there before it was given a baseline: its Pods are not held.
	ReasonAlreadyRunning = "AlreadyRunning"
	// ReasonGateOpened says that an operator let Pods in although the guards do not stand.
	ReasonGateOpened = "GateOpened"
)

// Phases: the reasons of ConditionReady on a BaselineBackup and a BaselineRestore, in the words that
// users of Ark and Velero know.
const (
	PhaseNew             = "New"
	PhaseInProgress      = "InProgress"
	PhaseCompleted       = "Completed"
	PhasePartiallyFailed = "PartiallyFailed"
	PhaseFailed          = "Failed"
	PhaseDeleting        = "Deleting"
)

// Reasons of ConditionReady on a Baseline.
const (
	// ReasonBackupReady says that the baseline can be restored.
	ReasonBackupReady = "BackupReady"
	// ReasonBackupNotFound says that spec.backup names no BaselineBackup.
	ReasonBackupNotFound = "BackupNotFound"
	// ReasonBackupNotReady says that the backup is not Completed.
	ReasonBackupNotReady = "BackupNotReady"
	// ReasonSourceNamespace says that spec.sourceNamespace is missing or not in the backup.
	ReasonSourceNamespace = "SourceNamespaceUnknown"
	// ReasonInvalidSelector says that a label selector does not parse.
	ReasonInvalidSelector = "InvalidSelector"
	// ReasonContentUnreadable says that the stored content is missing, damaged or not an archive.
	ReasonContentUnreadable = "ContentUnreadable"
)

// Reasons of ConditionBaselineReady on a Namespace.
const (
	// ReasonRestored says that every baseline has been restored.
	ReasonRestored = "Restored"
	// ReasonNoBaseline reports that no baseline is for the namespace any more: what was restored stays and is not restored again.
	ReasonNoBaseline = "NoBaseline"
	// ReasonPopulating says that a restore is under way and how far it is.
	ReasonPopulating = "Populating"
	// ReasonVeleroRestoring says that one of Velero's Restores may be making the namespace: Optional baselines wait until that
	// has ended, and then leave alone what is there.
	ReasonVeleroRestoring = "VeleroRestoring"
	// ReasonRecordRefused says that everything was restored and that the record of it was refused, by a quota or a policy
	// of somebody else; it is retried.
	ReasonRecordRefused = "RecordRefused"
	// ReasonRecordPending reports that everything was restored and that the record of it could not be written yet, because the
	// API server was overloaded or away; it is retried.
	ReasonRecordPending = "RecordPending"
	// ReasonKeyLost says that the record was sealed with a lost key and leaves something undone: it is not retried, because
	// nobody proves which backup it began with. Deleting it asks for the restore again.
	ReasonKeyLost = "KeyLost"
	// ReasonRestoreFailed says that a restore left something undone; it is retried.
	ReasonRestoreFailed = "RestoreFailed"
	// ReasonBaselineNotFound says that the annotation names a Baseline that does not exist.
	ReasonBaselineNotFound = "BaselineNotFound"
	// ReasonBaselineNotReady says that a Baseline cannot be restored yet; its own conditions say why.
	ReasonBaselineNotReady = "BaselineNotReady"
	// ReasonNotAllowed says that a Baseline's allowedNamespaces does not match the namespace.
	ReasonNotAllowed = "NotAllowed"
	// ReasonNotAuthorized says that the annotation is older than the admission policies that review it, so it is not
	// known whether its author may use the baseline. "seedbed baseline authorize" has it reviewed. On a Baseline
	// it says that the Baseline was made or changed before the policies: it has to be changed or created again.
	ReasonNotAuthorized = "NotAuthorized"
	// ReasonInvalidAnnotation says that the annotation does not parse.
	ReasonInvalidAnnotation = "InvalidAnnotation"
)

// Reasons of ConditionReady on a BaselinePreview, beside those of a Baseline.
const (
	// ReasonWaiting says that there is no answer yet.
	ReasonWaiting = "Waiting"
	// ReasonAnswered says that the status is the answer.
	ReasonAnswered = "Answered"
	// ReasonRefused says that the restore would do nothing, so that there is nothing to preview.
	ReasonRefused = "Refused"
	// ReasonTooManyPreviews says that MaxPreviews others were there, or MaxPreviewsOfNamespace of its namespace. The preview is deleted within a minute.
	ReasonTooManyPreviews = "TooManyPreviews"
	// ReasonTimedOut says that the dry runs took too long.
	ReasonTimedOut = "TimedOut"
	// ReasonNotReviewed says that the preview may be older than the policy that reviews who may create one, as it is now.
	ReasonNotReviewed = "NotReviewed"
)
