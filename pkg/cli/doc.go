// Package cli is the command-line tool "seedbed", which is kubectl's plugin "kubectl seedbed" as well.
//
// It talks to the Kubernetes API and to nothing else: every command is a read or an ordinary write of
// Seedbed's kinds, which kubectl and GitOps do as well. Verbs, flags and what describe prints are
// those of Ark and Velero wherever the meaning is the same.
//
//   - root.go makes the command tree and runs it; group.go holds subcommands and says so when there is
//     none of that name; tool.go is the cluster that kubectl's own flags name.
//   - verbs.go has the commands once more in the other order, verb before noun.
//   - backup.go, baseline.go and restore.go describe each kind to the verbs that are alike for all
//     (get.go, describe.go, delete.go); *_create.go is the verb that differs, and turns
//     flags into an object in a function without I/O.
//   - lookup.go finds objects by name and in lists. Restores by hand and records of baselines are found
//     together, and restore_summary.go is their common view.
//   - baseline_allow.go, baseline_deny.go and baseline_whocan.go are about who may choose a baseline: plain RBAC. access_grant.go
//     writes it, access_check.go asks before whether the user may, access_list.go finds all access that RBAC gives.
//   - namespace_create.go creates a namespace that asks for baselines.
//   - baseline_adopt.go has the records of a baseline sealed anew after a loss of keys; confirm.go asks
//     before that and before a deletion.
//   - table_*.go and text_*.go turn an object into a table's row and into describe's text: pure functions
//     of the object and the time, checked against testdata.
//   - preview.go creates a BaselinePreview, waits for its answer and deletes it, for baseline_preview.go and for --dry-run (restore_preview.go);
//     text_preview.go prints that for people, output_preview.go the objects themselves.
//   - baseline_authorize.go asks again for what was asked for before somebody could review it, and baseline_mine.go tells which
//     baselines the user may choose.
//   - version.go prints versions, and version_server.go how the controllers are, as far as the user may read it.
//   - gate.go lets pods into a namespace that waits for its baseline; gated.go decides whether it has a gate.
//   - selection_flags.go is the part of a backup to restore, as the backup names it.
//   - wait.go and progress.go are --wait; explain.go turns what an API server answers into one line that
//     says what to do; names.go suggests the name that was meant.
package cli
