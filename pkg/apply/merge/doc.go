// Package merge compares live objects with desired ones, and merges them. It is pure: it has no client and no I/O.
//
// Update (update.go) is a three-way merge of the live object, its normalized copy, which has only the fields that the rules
// know, and the desired object. ServiceAccount (serviceaccount.go) adds to a live ServiceAccount and removes nothing.
//
// ThreeWay (threeway.go, lists.go) applies to a live object the difference between a desired object and those of earlier revisions,
// the bases, and keeps all other fields. It returns the fields that both sides have changed. UpdateServiceAccount does that for a
// ServiceAccount. Lacks (lacks.go) finds fields that were removed. Correct (correct.go) puts back the fields that differ from the desired
// object, and Adopt (adopt.go) those that a caller names. equal.go compares values: null counts as absent.
package merge
