// Package authorization decides which requests the chart's admission policies have reviewed, and marks older annotations.
//
// The API server evaluates the policies itself, on every path to a namespace's annotation and to Seedbed's own kinds. Every
// write after they took effect was reviewed, so the package has to establish one fact: since when they are in force.
//
//   - policies.go has their names; identity.go computes their identity (UID, generation, digest of the spec) and the reason
//     why they are not in force, if any; watch.go keeps both up to date, on every replica.
//   - keeper.go is the leader's part. When the identity is not the remembered one, it waits until every API server must have
//     loaded the policies, marks each namespace that asks for a baseline since before that (mark.go), and remembers the
//     identity in a Secret of Seedbed's own namespace (memory.go).
//   - backups.go answers for BaselineBackups, which only a webhook can review.
//   - verdict.go answers the reconcilers: an annotation without a mark of its present value was reviewed.
//
// No time that a client can write, and no text, takes part in a decision: creation times come from the API server, and a
// mark is a digest that only Seedbed may write.
package authorization
