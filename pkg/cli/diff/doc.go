// Package diff has the command diff: the live objects of a namespace against those that its baseline would write.
//
// The controller, which alone may read backups, compares them by the decisions of an audit and answers with the baseline's objects and
// the names of the fields that differ (subject.go selects the content). The tool reads the live objects with the rights of its caller
// (live.go), so it shows none that the caller may not read, and makes the two sides of each (sides.go). Values of Secrets are masked
// on both (secret.go). text.go prints a unified diff and report.go a list for scripts.
package diff
