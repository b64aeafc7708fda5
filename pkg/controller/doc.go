// Package controller has Seedbed's reconcilers. All of them are level-triggered: what they do follows
// from the API server's objects alone, so a crash, a lost event or another order of events loses nothing.
//
//   - namespace_*.go: the worker pool. A namespace's baselines come from pkg/policy (snapshot.go), what it has already
//     from its BaselineRecords, and what is missing is restored, in order. hints.go lets admission put a namespace in the
//     queue before the watch does.
//   - authorized.go: what follows from the verdicts of package authorization, which decides what the chart's admission
//     policies have reviewed.
//   - velero_hold.go: which namespaces wait because Velero may be making them; velero_restores.go lists its Restores, and
//     namespace_velero.go has what follows for a namespace's baselines.
//   - restore_controller.go: BaselineRestores that users make by hand. restore_label.go keeps them out of Velero's backups.
//   - executor.go: the dependencies of both, and the log line, metric and event of an attempt. Package restore makes it: it gets
//     one Task and returns one Outcome.
//   - records.go: the only code that writes records, sealed, once the objects are there. record_adoption.go: those whose key
//     is lost. record_reseal.go: those whose key was replaced. record_errors.go: whether one was refused or could not be written
//     yet. failed_attempts.go: attempts of which no record tells. namespace_resume.go: going on where the attempts before ended.
//   - backup_*.go: taking, adopting, expiring and removing backups. backup_retry.go: only the selection ends one as Failed.
//   - server_clock.go: the API server's time, by which a ttl ends.
//   - baseline_*.go: whether a Baseline can be restored, and who holds it.
//   - guards.go: when a namespace's Pods need not be held any more, for the chart's gate; guards_late.go when they ran
//     before, and gate_opened.go when an operator decided so.
//   - preview_*.go: BaselinePreviews. preview_retention.go looks at all of them, deletes and refuses (preview_rank.go), and
//     hands over those to be answered; preview_controller.go answers each once, by preview.go, which predicts a restore if
//     admission reviewed the question; preview_status.go bounds the answer.
//   - status.go and status_replace.go: the only code that writes a status. cache.go: what the informers keep.
//     assumed_records.go and assumed_conditions.go: what was written a moment ago and the cache does not show yet.
//
// Reconcilers run on the leader only; admission runs on every replica.
package controller
