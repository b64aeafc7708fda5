// Package controller is the floor of Seedbed's reconcilers: one room each. All of them are level-triggered: their actions follow
// from the API server's objects alone, so a crash, a lost event or another order of events loses nothing. They run on the leader
// only; admission runs on every replica.
//
//   - namespace restores the baselines of namespaces. It is the only reconciler that writes into namespaces on its own account;
//     others see their changes in its watches.
//   - baseline sets whether a Baseline can be restored, and fleet counts the namespaces that hold it.
//   - backup captures, adopts, deletes and expires backups.
//   - restore runs the restores that users create by hand, and preview answers what a restore would do.
//
// The rooms that they share import none of them:
//
//   - records writes the sealed BaselineRecords, and verifies those of the informer cache.
//   - attempt has the delays, the grace period and the report of an attempt at a restore.
//   - queue has the options and the event handlers of controllers.
//   - cached reads whole kinds from the informer cache.
//   - velero holds namespaces that Velero restores.
//   - authorization decides which objects the chart's admission policies reviewed.
//   - rewatch repeats watches soon after an outage.
package controller
