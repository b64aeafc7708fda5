// Package audit finds the objects of namespaces that differ from the revisions that the namespaces hold.
//
// An Auditor (audit.go) makes one pass (pass.go) over many namespaces, the Holders (holder.go). For each kind of their plans
// (expectation.go) it lists the metadata of all objects with the label of a baseline (list.go). The managers of an object prove that no
// other client has written it. A field that was removed has no manager: it shows in the set of fields that Seedbed has, so one object with
// each set is read. Objects that others have written, and those that no list has, are read one by one (inspect.go): a list alone never
// makes an object missing. memory.go keeps the objects and the sets of fields that did not differ, so that the next pass does not read
// them again.
//
// NextDrift (drift.go) returns the drift to record. ignore.go has the fields and objects that a Baseline lets differ.
package audit
