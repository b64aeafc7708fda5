// Package merge compares live objects with desired ones, and merges them. It is pure: it has no client and no I/O.
//
// Update (update.go) is a three-way merge of the live object, its normalized copy, which has only the fields that the rules
// know, and the desired object. ServiceAccount (serviceaccount.go) adds to a live ServiceAccount and removes nothing.
package merge
