// Package manifest has the encoded objects that a plan holds and that restores send.
//
// An Object is encoded once, when its plan is compiled. Its Body leaves room for the parts that differ between namespaces: the
// version, the namespace's name and the Labels of the restore. All other bytes are shared.
//
// A Patch (patch.go) turns an object that one Body wrote into that of another Body, unless a tenant changed one of the fields
// in between. It is encoded once too. patch_diff.go finds the fields.
package manifest
