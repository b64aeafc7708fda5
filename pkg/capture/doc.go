// Package capture takes a backup: it asks the API server for what a BaselineBackup selects and writes it as one archive.
//
// catalog.go makes of discovery what can be backed up, resolve.go finds the resources that a name stands for, select.go
// decides what one spec selects, all without asking anybody. capture.go puts it together: kind after kind, in order, into one bounded
// archive (buffer.go). What cannot be listed is an error that is told, and the rest goes on. hash.go says when two specs select
// the same, keeper.go keeps backups in a store and adopts those that are kept; content of another selection it leaves alone
// (selection.go). transient.go separates transient errors from those of the selection, and ambiguous.go finds names that may
// resolve to another resource once every group answers.
//
// Memory holds one object at a time, and the rest compressed, whatever is selected. list.go lists one resource of one
// namespace consistently, in pages that adapt to the size of what comes; page.go decodes a page item by item as it arrives; item.go
// keeps each object as it was sent; collection.go gathers them in a spool (spool.go) until the list is complete.
package capture
