// Package exact shows on a real API server that a copy is right: a namespace with every built-in kind that can be
// created, and custom resources, is backed up and restored, and the copy is compared with the source field by field.
//
// The samples are test/testdata/kinds (kinds_test.go); source_test.go makes a namespace of them. veleroread_test.go
// reads stored archives by Velero's rules and with none of Seedbed's code. differences_test.go compares two of them,
// and allowed_test.go names every difference that the rules of a restore make: one that is not named there, or a
// name that stands for nothing, fails. copy_test.go is the story; versions_test.go is about kinds whose versions come
// and go.
package exact
