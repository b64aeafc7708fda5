// Package backup captures, adopts, expires and deletes backups.
//
//   - controller.go has a backup's way; status.go makes its status.
//   - attempts.go bounds how many controllers may be killed by one backup, and how long it is retried before it is
//     PartiallyFailed. Only an error of the selection ends a backup as Failed.
//   - end.go deletes a backup whose ttl has ended, by the API server's time of server_clock.go, and keeps one in use.
package backup
