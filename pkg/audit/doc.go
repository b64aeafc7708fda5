// Package audit finds the objects of namespaces that differ from the revisions that the namespaces hold.
//
// An Auditor (audit.go) makes one pass (pass.go) over many namespaces, the Holders (holder.go). For each kind of their plans
// (expectation.go) it lists all objects with the label of a baseline (list.go). Of an Optional baseline the metadata is enough: the
// managers of an object prove that no other client has written it. A field that was removed has no manager: it shows in the set of
// fields that Seedbed has, so one object with each set is read. Of a Required baseline the content decides, because a tenant may set the
// managers by hand. Objects that are in doubt, and those that no list has, are read one by one (inspect.go): a list alone never makes an
// object missing. memory.go keeps the objects, the sets of fields and the contents that did not differ, so that the next pass does not
// compare them again.
//
// A Comparer (compare.go) compares one namespace when it is asked about, by the same decisions, and returns the objects to write too.
//
// NextDrift (drift.go) returns the drift to record. ignore.go has the fields and objects that a Baseline lets differ.
package audit
