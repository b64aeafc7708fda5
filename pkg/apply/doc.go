// Package apply writes restored objects: it is the only code of Seedbed that does.
//
// The caller hands over objects whose request bodies are ready (package manifest) and a target namespace
// (target.go); Apply (apply.go) writes one and says what became of it (change.go). An object is
// created (create.go), over a connection that nothing else uses (connection.go); only when it is there already is it
// read, and then existing.go decides between keeping it and making it like the backup's. compare.go says
// whether it differs from what would be written, which overwrite.go makes: only what differs is changed,
// and replace.go deletes and makes anew what cannot be, where a baseline is Required. serviceaccount.go
// merges, since the controller manager makes a namespace's "default" ServiceAccount at about the same
// time. retry.go repeats writes that fail with a transient error (errors.go). Undo
// (undo.go) takes back what was created, by UID, when the namespace turned out to be another one of the
// same name. turn.go has large objects compared one at a time.
//
// Preview (preview.go) is Apply with a client whose every write is a dry run.
//
// Two guards stand at the last step before a write, whatever the plan says: resolver.go asks
// discovery and refuses what is not namespaced, and client.go knows only paths below a namespace.
package apply
