// Package namespace restores the baselines that each namespace should hold.
//
//   - controller.go has a namespace's way: snapshot.go reads its baselines, decided by package policy, and its records; baseline.go
//     restores each one that is missing; condition.go reports the result. watches.go fills the queue, and lets
//     admission put a namespace in it before the watch does.
//   - review.go follows the verdicts on the namespace's annotation. velero.go follows the hold for Velero's Restores.
//   - execute.go makes attempts, continues earlier ones and shows slow ones. failed_attempts.go counts those without a record.
//   - update.go updates a namespace that holds another revision, when its rollout lets it; yield.go lets new namespaces go first.
//     prepare.go prepares the tasks of previews and of restores by hand.
//   - drift.go puts back what audits find, and records the rest.
//   - adoption.go follows the loss of the keys of records. snapshot.go also finds the baselines that a namespace would not get today.
//   - guards.go decides when the chart's gate releases the namespace's Pods, those that ran before included, and records when
//     an operator releases them.
//   - assume_cache.go has the objects that were written a moment ago and that the informer cache does not show yet.
package namespace
