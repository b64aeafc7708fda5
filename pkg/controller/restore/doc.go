// Package restore runs the BaselineRestores that users create by hand. controller.go has a restore's way and keeps it out of
// Velero's backups, and status.go writes its result.
package restore
