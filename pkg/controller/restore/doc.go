// Package restore runs the BaselineRestores that users create by hand. controller.go has a restore's way, status.go writes its
// result, and label.go keeps it out of Velero's backups.
package restore
