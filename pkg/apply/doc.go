// Package apply writes restored objects. No other code of Seedbed does.
//
// The caller passes encoded objects (package manifest) and a target namespace (target.go). Apply (apply.go) writes one object and
// returns a Change (change.go). It first creates the object (create.go), over a connection of its own. Only if the
// object exists is it read, and existing.go decides whether to keep or update it. compare.go reports whether it differs, by the
// rules of package merge; only differences are written. existing.go also deletes and recreates objects with immutable fields, for
// Required baselines. ServiceAccounts are merged, because the controller manager creates each namespace's "default" one at about
// the same time. retry.go retries writes that fail with a transient error (errors.go), and redact.go removes values from errors.
//
// Update (update.go) changes an object that an earlier revision of a baseline wrote. A JSON Patch (patch.go) that tests the fields
// it changes comes first. If the API server refuses it, the live object is read and compared with the old and the new content
// (comparison.go): package merge merges three ways, and ownership.go finds the managers of a field. An object that a tenant changed
// is kept with a reason, or overwritten for Required baselines. refusal.go handles updates that the API server refuses for good.
//
// Prune (prune.go) deletes an object that a newer revision lacks, if nobody else has a part in it.
//
// Inspect (inspect.go) compares an object with the one that a baseline wrote, and Correct (correct.go) puts it back; drift.go has
// the ways in which it may differ, and fields.go the fields. List (list.go) lists a kind, and Matches (matches.go) compares an object of
// a list.
//
// Undo deletes the created objects, by UID, if the namespace turns out to be another one of the same name.
// comparison_slot.go has large objects compared one at a time.
//
// Preview and Refused (preview.go), PreviewUpdate (preview_update.go) and PreviewPrune use a client whose every write is a dry run.
// Traces (trace.go) lists the metadata of one object in all namespaces.
//
// Two guards are the last step before a write, whatever the plan contains: resolver.go refuses kinds that are not namespaced
// according to discovery, and client.go writes to paths below a namespace alone.
package apply
