// Package velero holds namespaces while one of Velero's Restores may be creating them, so that Seedbed does not restore beside it.
// hold.go decides which namespaces are held, and releases them. restores.go lists the Restores.
package velero
