// Package factory makes commands from kubectl's own flags: clients of the cluster that they name (factory.go, scheme.go), and
// groups of commands that suggest the name that was meant (group.go).
package factory
