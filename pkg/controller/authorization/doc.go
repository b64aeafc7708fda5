// Package authorization decides which requests the chart's admission policies have reviewed, and marks older annotations.
//
// The API server evaluates the policies itself, on every path to a namespace's annotation and to Seedbed's own kinds. Every
// write after they took effect was reviewed, so the package has to establish one fact: the time since when they are in force.
//
//   - policies.go has their names, in two sets: those of restores and those of previews. identity.go computes the identity of a
//     set (UID, generation, digest of the spec) and weakness.go the reason why it is not in force, if any; watch.go keeps both
//     up to date, on every replica (keeper.go).
//   - lead.go is the leader's part. When the identity is not the remembered one, it waits until every API server must have
//     loaded the policies, marks each namespace that asks for a baseline since before that (mark.go), lists the Baselines
//     (baselines.go), and remembers the identity in a Secret of Seedbed's own namespace (memory.go).
//   - verdict.go answers the reconcilers. An annotation without a mark of its present value was reviewed, and so was a Baseline
//     that is not as it was when the older ones were listed. Restores and previews never change: their creation decides,
//     and the policies are read once more, because their watch may lag.
//   - backups.go answers for BaselineBackups, which only a webhook can review.
//
// A namespace that is not reviewed asks for nothing. A Baseline guards: one that was reviewed is remembered by its revision, and
// stays in force while the policies are away, under every leader. Only a list that was read before the policies were confirmed
// makes a revision a remembered one.
//
// No time that a client can write, and no text, takes part in a decision: creation times come from the API server, and a
// mark is a digest that only Seedbed may write.
package authorization
