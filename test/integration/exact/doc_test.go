// Package exact shows on a real API server that a copy is correct: a namespace with every built-in kind that can be
// created, and custom resources, is backed up and restored, and the copy is compared with the source field by field.
//
// The samples are test/testdata/kinds (kinds_test.go); source_test.go creates a namespace of them. veleroread_test.go
// reads stored archives by Velero's rules, without Seedbed's code. differences_test.go compares two of them,
// and allowed_test.go lists every difference that the rules of a restore make: an unlisted difference fails, and so does an
// entry that matches none. copy_test.go is the story; versions_test.go covers kinds whose served versions
// change.
package exact
