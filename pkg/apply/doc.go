// Package apply writes restored objects. No other code of Seedbed does.
//
// The caller passes encoded objects (package manifest) and a target namespace (target.go). Apply (apply.go) writes one object and
// returns a Change (change.go). It first creates the object (create.go), over a connection of its own. Only if the
// object exists is it read, and existing.go decides whether to keep or update it. compare.go reports whether it differs, by the
// rules of package merge; only differences are written. existing.go also deletes and recreates objects with immutable fields, for
// Required baselines. ServiceAccounts are merged, because the controller manager creates each namespace's "default" one at about
// the same time. retry.go retries writes that fail with a transient error (errors.go), and redact.go removes values from errors.
// Undo deletes the created objects, by UID, if the namespace turns out to be another one of the same name.
// comparison_slot.go has large objects compared one at a time.
//
// Preview and Refused (preview.go) use a client whose every write is a dry run.
//
// Two guards are the last step before a write, whatever the plan contains: resolver.go refuses kinds that are not namespaced
// according to discovery, and client.go has only paths below a namespace.
package apply
