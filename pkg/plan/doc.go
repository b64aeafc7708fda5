// Package plan compiles a stored backup into a plan: its objects, ready to be written into any namespace.
//
// Compile (compile.go) reads, cleans, maps, orders and encodes the objects of a backup. Everything that does not depend on the
// target namespace happens here, once for each backup. Objects are compiled one at a time, after survey.go has read the facts
// that span all of them. selection.go restricts a plan to a part of the backup, for restores by hand.
//
// A Plan (plan.go) is immutable. It lists its objects by stage, the objects that the rules leave out, and the warnings.
// It reports whether the objects that guard Pods are restored; pod_defaults.go returns the fields that admission adds to Pods.
//
// NewSpec returns the Spec of a Baseline, and MissingMetadata (metadata.go) the labels and annotations that a namespace copies.
//
// A Delta (delta.go) is the difference of two plans: the objects to write into a namespace that holds the old one, with a patch
// where the API server can test that no tenant changed the same fields.
//
// A Cache (cache.go) compiles plans and deltas (cache_delta.go) and keeps the ones used last, within a bound in bytes. memory.go
// counts the memory of all that are in use, cached or not.
package plan
