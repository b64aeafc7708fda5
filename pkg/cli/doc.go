// Package cli is the command-line tool "seedbed", which is kubectl's plugin "kubectl seedbed" as well.
//
// It uses the Kubernetes API and nothing else, except for offline, which has no cluster: every other command is a read or an ordinary
// write of Seedbed's kinds, as kubectl and GitOps do them. Verbs, flags and descriptions are those of Ark and Velero wherever the meaning is the same.
//
// The rooms, each of which imports only those above it:
//
//   - output prints; factory connects; flag parses; resource has get, describe, delete and the wait for an object.
//   - preview asks the controller for a prediction or a comparison, and rollout shows how far a revision is, for two of the rooms each.
//   - backup, baseline, restore, namespace, fleet, gate and version are the nouns, and diff and offline are commands of their own. None
//     imports another. A new command goes to its noun.
//   - This package makes the tree of commands and runs it. verbs.go has the commands of the nouns once more, verb first.
//
// Every test runs the functions that print in production. -update writes the golden files under testdata anew.
package cli
