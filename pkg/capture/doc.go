// Package capture takes a backup: it asks the API server for what a BaselineBackup selects and writes it as one archive.
//
// catalog.go makes of discovery what can be backed up, resolve.go finds the resources that a name stands for, select.go
// decides what one spec selects, all without asking anybody. list.go lists one resource of one namespace, in pages and
// consistently, and capture.go puts it together: kind after kind, in order, into one bounded archive. What cannot be
// listed is an error that is told, and the rest goes on. hash.go says when two specs select the same, keeper.go keeps
// backups in a store and adopts those that are kept; content of another selection it leaves alone (selection.go). transient.go
// separates what may pass from what lies in the selection, and ambiguous.go finds names that may stand for something else once
// all of the API server answers.
package capture
