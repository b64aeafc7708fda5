package v1alpha1

// Condition types.
const (
	// ConditionReady is on every Seedbed kind with a status. On a BaselineBackup and a BaselineRestore its
	// reason is the phase.
	ConditionReady = "Ready"
	// ConditionExpirationHeld, on a BaselineBackup, is True when its ttl has expired and a Baseline still uses it.
	ConditionExpirationHeld = "ExpirationHeld"
	// ConditionWritable, on a Baseline, is False when the backup holds Roles or RoleBindings that
	// Seedbed's own permissions do not let it write.
	ConditionWritable = "Writable"
	// ConditionBaselineReady, on a Namespace, is True when every baseline that it should hold has been restored.
	ConditionBaselineReady = "BaselineReady"
	// ConditionRolledOut, on a Baseline, is True when no namespace that should hold it holds an older revision with different
	// content, also if no rollout was requested.
	ConditionRolledOut = "RolledOut"
	// ConditionBaselineGuarded, on a Namespace, is True once its Pods need not be held: the objects that guard and feed them
	// are restored. It never changes back, so that a later baseline never stops running Pods.
	ConditionBaselineGuarded = "BaselineGuarded"
)

// Reasons of ConditionBaselineGuarded on a Namespace.
const (
	// ReasonGuardsRestored reports that the objects that guard and feed Pods are restored.
	ReasonGuardsRestored = "GuardsRestored"
	// ReasonAlreadyRunning reports that the namespace existed before it got a baseline: its Pods are not held.
	ReasonAlreadyRunning = "AlreadyRunning"
	// ReasonGateOpened reports that an operator admitted Pods before the guards were restored.
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
	// ReasonBackupReady reports that the baseline can be restored.
	ReasonBackupReady = "BackupReady"
	// ReasonBackupNotFound reports that spec.backup names no BaselineBackup.
	ReasonBackupNotFound = "BackupNotFound"
	// ReasonBackupNotReady reports that the backup is not Completed.
	ReasonBackupNotReady = "BackupNotReady"
	// ReasonSourceNamespace reports that spec.sourceNamespace is missing or not in the backup.
	ReasonSourceNamespace = "SourceNamespaceUnknown"
	// ReasonInvalidSelector reports that a label selector does not parse.
	ReasonInvalidSelector = "InvalidSelector"
	// ReasonInvalidValues reports that a rule of spec.values or spec.include is wrong, or selects nothing that the backup has.
	ReasonInvalidValues = "InvalidValues"
	// ReasonContentUnreadable reports that the stored content is missing, damaged or not an archive.
	ReasonContentUnreadable = "ContentUnreadable"
)

// Reasons of ConditionRolledOut on a Baseline, in addition to ReasonBaselineNotReady.
const (
	// ReasonRolledOut reports that no namespace is outdated.
	ReasonRolledOut = "RolledOut"
	// ReasonProgressing reports that namespaces are being updated.
	ReasonProgressing = "Progressing"
	// ReasonSoaking reports that a step is done and its soak has not ended.
	ReasonSoaking = "Soaking"
	// ReasonAwaitingApproval reports that a step is done and waits for AnnotationRolloutApproved.
	ReasonAwaitingApproval = "AwaitingApproval"
	// ReasonPaused reports that AnnotationRolloutPaused is set.
	ReasonPaused = "Paused"
	// ReasonTooManyFailures reports that more updates failed than spec.rollout.maxFailures allows. The rollout continues when
	// enough of them have succeeded, or when the bound is raised.
	ReasonTooManyFailures = "TooManyFailures"
	// ReasonNotRequested reports that namespaces are outdated and that spec.rollout is omitted.
	ReasonNotRequested = "NotRequested"
)

// Reasons of ConditionBaselineReady on a Namespace.
const (
	// ReasonRestored reports that every baseline has been restored.
	ReasonRestored = "Restored"
	// ReasonNoBaseline reports that the namespace no longer gets any baseline: its objects stay and are not restored again.
	ReasonNoBaseline = "NoBaseline"
	// ReasonPopulating reports that a restore is in progress; the message has the progress.
	ReasonPopulating = "Populating"
	// ReasonVeleroRestoring reports that one of Velero's Restores may be creating the namespace: Optional baselines wait until
	// it has ended, and then leave existing objects unchanged.
	ReasonVeleroRestoring = "VeleroRestoring"
	// ReasonRecordRefused reports that all objects were restored and that a quota or a foreign policy refused the record;
	// it is retried.
	ReasonRecordRefused = "RecordRefused"
	// ReasonRecordPending reports that all objects were restored and that the record could not be written yet, because the
	// API server was overloaded or unavailable; it is retried.
	ReasonRecordPending = "RecordPending"
	// ReasonKeyLost reports that the record is incomplete and was sealed with a lost key: it is not retried, because there is
	// no proof of the backup it began with. Delete it to restore again.
	ReasonKeyLost = "KeyLost"
	// ReasonRestoreFailed reports that a restore is incomplete; it is retried.
	ReasonRestoreFailed = "RestoreFailed"
	// ReasonBaselineNotFound reports that the annotation names a Baseline that does not exist.
	ReasonBaselineNotFound = "BaselineNotFound"
	// ReasonBaselineNotReady reports that a Baseline cannot be restored yet; its own conditions have the cause.
	ReasonBaselineNotReady = "BaselineNotReady"
	// ReasonNotAllowed reports that a Baseline's allowedNamespaces does not match the namespace.
	ReasonNotAllowed = "NotAllowed"
	// ReasonNotAuthorized reports that the annotation is older than the admission policies that review it, so its author
	// may lack permission to use the baseline. "seedbed baseline authorize" submits it for review. On a Baseline
	// it reports that the Baseline was created or changed before the policies: change or create it again.
	ReasonNotAuthorized = "NotAuthorized"
	// ReasonInvalidAnnotation reports that the annotation does not parse.
	ReasonInvalidAnnotation = "InvalidAnnotation"
)

// Reasons of ConditionReady on a BaselinePreview, in addition to those of a Baseline.
const (
	// ReasonWaiting reports that the preview has no answer yet.
	ReasonWaiting = "Waiting"
	// ReasonPreviewing reports that the preview of a fleet is being made; the message has how far it is.
	ReasonPreviewing = "Previewing"
	// ReasonAnswered reports that the status has the answer.
	ReasonAnswered = "Answered"
	// ReasonRefused reports that the restore would write no objects, so there is no effect to preview.
	ReasonRefused = "Refused"
	// ReasonTooManyPreviews reports that MaxPreviews others existed, or MaxPreviewsOfNamespace of its namespace. The preview
	// is deleted within a minute.
	ReasonTooManyPreviews = "TooManyPreviews"
	// ReasonTimedOut reports that the dry runs took too long.
	ReasonTimedOut = "TimedOut"
	// ReasonNotReviewed reports that the preview may be older than the current policy that reviews who may create one.
	ReasonNotReviewed = "NotReviewed"
)
