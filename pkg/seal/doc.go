// Package seal proves who wrote a BaselineRecord. What a namespace holds of a baseline decides what is restored into it
// again, from which backup, and which refusals are forgiven; but records are in the tenants' namespaces, where somebody
// may have every permission, and they stay when Seedbed is uninstalled. So Seedbed seals what it writes with an HMAC under
// a key that only its own namespace holds.
//
//   - keys.go: the keys of this process, and the verdict on a record.
//   - digest.go: the bytes that a seal covers, and their version.
//   - ring.go: the keys from a process's start on, when they may not be there yet.
//   - secret.go: the Secret that holds the keys. It is no part of the chart, so an uninstall leaves it. stored.go reads and
//     writes it, load.go makes what is missing of it.
//   - previous.go: the key that was replaced, until no record is sealed with it any more.
//   - watch.go: keeps that Secret, and ends the process when somebody changes the keys.
//
// When the Secret is lost or damaged while records exist, new keys are made and the loss is remembered in them: records from
// before are Lost, which is neither proof nor forgery, until an administrator adopts them.
package seal
