// Package capture takes backups: it lists the objects that a BaselineBackup selects and writes them as one archive.
//
// catalog.go turns discovery into a list of the resources that can be backed up, resolve.go finds the resources of a
// name, select.go those of a spec; none of them sends requests. capture.go runs a backup: kind after kind, in order,
// into one bounded archive (buffer.go). A kind that cannot be listed is recorded as an error, and the rest continues.
// archiver.go keeps backups in a store and adopts stored ones, except content of another selection: selection.go
// compares the selections of two specs. run.go separates transient errors from those of the selection,
// resolve.go also finds names that may resolve to another resource once every group answers.
//
// Memory holds one object decoded and the rest compressed, whatever is selected. list.go lists one resource of one
// namespace consistently, in pages that adapt to the objects' size. page.go decodes a page item by item as it
// arrives, item.go keeps each object as it was sent, collection.go gathers them in a spool (spool.go) until the list
// is complete.
package capture
