// Package integration tests Seedbed's packages on a real API server. One cluster serves all of them (main_test.go), so that
// each test works in namespaces of its own and removes its cluster-scoped objects.
package integration
