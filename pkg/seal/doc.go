// Package seal proves that Seedbed wrote a BaselineRecord. The records of a namespace decide which backup is restored into it
// again, and which refusals are forgiven. They are in the tenants' namespaces, where a user may have every permission, and they
// stay when Seedbed is uninstalled. So Seedbed seals its records with an HMAC under a key that only its own namespace has.
//
//   - keys.go: the keys of this process, the bytes that a seal covers, and the verdict on a record.
//   - ring.go: the keys from a process's start on, when they may not be loaded yet, and the key that was replaced, until no
//     record is sealed with it any more.
//   - secret.go: the Secret that holds the keys. It is no part of the chart, so an uninstall leaves it. load.go
//     creates the missing keys.
//   - watch.go: writes the Secret again, and ends the process when the keys were changed.
//
// When the Secret is lost or damaged while records exist, new keys are created, which remember the loss. Older records are then
// Lost, which is neither proof nor forgery, until an administrator adopts them.
package seal
