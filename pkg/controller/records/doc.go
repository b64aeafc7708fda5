// Package records reads and writes BaselineRecords. It is the only code that writes them: sealed, and after the objects.
//
//   - store.go writes the result of an attempt, and replaces a record that proves nothing. It classifies its errors.
//   - update.go writes the result of an update, drift.go what an audit found, each by one patch of one version.
//   - reseal.go seals records again: one whose key is lost and that is adopted, and those whose key was replaced.
//   - cache.go verifies the seals of the records that enter the informer cache, and finds records by their verdict.
package records
