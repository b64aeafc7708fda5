// Package records reads and writes BaselineRecords. It is the only code that writes them: sealed, and after the objects.
//
//   - store.go writes the result of an attempt, and replaces a record that proves nothing. errors.go classifies its errors.
//   - adopt.go seals a record again whose key is lost, and reseal.go those whose key was replaced.
//   - cache.go verifies the seals of the records that enter the informer cache. sealed.go finds records by their verdict.
package records
