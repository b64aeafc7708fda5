// Package pkg is the architecture of Seedbed: words, rooms, the ways of a namespace and of a backup, and the guarantees with
// the code that keeps them. It has no code.
//
// # Words
//
//   - source namespace: the namespace that was backed up.
//   - target namespace: the namespace that is populated.
//   - backup: a stored copy of the objects of source namespaces, at one point in time. It never changes.
//   - baseline: a policy that names a backup and selects the namespaces that get it.
//   - restore: one run that writes a backup's objects into one target namespace.
//   - record: the sealed BaselineRecord in a target namespace. It proves which baseline the namespace holds.
//   - revision: the intent of a baseline (backup, source, mapping, copied metadata, rules for values) and the digest of the objects that it writes.
//   - rollout: how a new revision reaches the holders of older ones: step by step, keeping what tenants changed.
//   - drift: what was changed or deleted in a namespace since it got its revision. An audit finds it.
//   - holder: a namespace with a finished record of the baseline.
//   - mapping: the rewriting of references to the source namespace into references to the target.
//   - plan: a backup that was compiled once (decoded, cleaned, mapped, ordered, encoded) and is shared by all namespaces.
//   - value: a part of an object that is computed for each namespace, by a rule of the baseline.
//   - guard: an object that must exist before Pods run, such as a pull secret, a LimitRange or a NetworkPolicy.
//   - gate: the admission policy that refuses Pods until the guards of their namespace are restored.
//
// # Rooms
//
// Imports run down only; the depguard rules in .golangci.yml hold them.
//
//	cmd/seedbed-controller   cmd/seedbed
//	controller/{namespace,baseline,backup,restore,preview,fleet,audit}   certs   cli/{backup,baseline,restore,namespace,fleet,gate,version}
//	controller/{records,attempt,queue,velero,authorization,rewatch}        cli/{diff,offline}  cli/preview
//	admission   restore   audit   capture                                          cli/resource, cli/flag, cli/factory, cli/output
//	seal        apply     store
//	policy      plan      archive   transform   metrics
//	values
//	apis/seedbed/v1alpha1   internal/{apierr,kube,manifest,suggest}
//
// apply is the only code that writes restored objects, controller/records the only code that writes records, and
// controller/namespace the only reconciler that writes into namespaces on its own account.
//
// # A namespace, from its create to Ready
//
// The API server evaluates the policies of charts/seedbed/templates/policies, then calls admission.NamespaceValidator, which
// calls Hints.Enqueue. The hint or the watch starts namespace.Reconciler.Reconcile. It reads Baselines and records with
// takeSnapshot, which asks policy.Set.Decide. For each choice without a record ensureBaseline calls attemptBaseline: prepareTask
// makes a restore.Task, executeNext passes it to restore.Runner.Execute. That gets the plan from plan.Cache.Get, and writeStages
// writes each object with apply.Applier.Apply. nextResult makes the result, which attemptBaseline writes with records.Store.Write.
// When all baselines have a state, reportStates patches the condition BaselineReady.
//
// # An update, from a changed Baseline to its namespaces
//
// baseline.Reconciler compiles the new revision and puts it in front of the history (nextHistory). fleet.Reconciler passes over
// the cache: policy.Set.Holdings has the state of each namespace and newHolder its part in the rollout, decideRollout asks
// policy.NextRollout which step may begin, and updateStatus writes that and hands the names to Slots. namespace.Reconciler gets
// them after new namespaces: updateState asks Slots.IsDue, updateBaseline makes a restore.Transition, and Runner.Execute writes
// what plan.Cache.Delta has: transition.writer calls apply.Applier.Update, which patches (patch.go) or reads and merges
// (update.go, merge.ThreeWay). nextUpdate makes the result, which records.Store.WriteUpdate writes by one request. Slots.End lets
// the next namespace begin, or asks for another pass. A new namespace gets the revision that policy.RevisionFor returns.
//
// # A value, from its rule to the object
//
// admission.BaselineValidator compiles the rules with values.Compile. plan.Compiler finds the fields (addValues) and keeps each object that
// has some as a manifest.Template beside its body. Runner.Execute binds the plan to the namespace (Plan.Bind): values.Value.Compute gives
// the JSON, Template.Fill puts it into its place, and all that follows sees plain objects. The record has Rules.Hash of the labels that
// the rules read. When a label changes, policy.AreValuesOutdated sees another hash, areValuesDue begins an update of that namespace
// alone, and apply merges with the earlier values, which no record has, by the managers of their fields (rebase).
//
// # An audit, from its request to the record
//
// audit.Reconciler of controller asks fleet.Reconciler.Holders for the namespaces and audit.Auditor.Run to compare them: listKinds lists
// each kind with apply.Applier.List, addListed keeps the objects that others may have changed, and inspectHolder reads
// those and the ones that no list has with Applier.Inspect. Findings hands each namespace with a drift to namespace.Reconciler, a few
// at a time: settleFinding puts objects back with restore.Runner.Correct and Applier.Correct, if the Baseline says so,
// Finding.NextDrift makes the drift, and records.Store.WriteDrift writes it.
//
// cli/diff asks about one namespace by a BaselinePreview with spec.compare: preview.Responder has audit.Comparer inspect each object and
// answers with the baseline's objects and the fields that differ. The tool reads the live ones with its caller's rights.
//
// # A test without a cluster, from its files to the difference
//
// cli/offline makes an archive of the manifests (archiveManifests) and compiles the plan of each Baseline (compileBaseline). For a
// case, populate asks policy.Set.Decide as a reconciler does, binds the plan to the namespace, and merges its objects with those that are
// there by merge.Update, as apply does. render makes the golden file, which runCase compares.
//
// # A backup, from the command to the store
//
// cli/backup creates a BaselineBackup. admission.BackupValidator reviews whether the user may list everything it selects.
// backup.Reconciler.Reconcile adds the finalizer and calls adoptOrCapture: capture.Archiver.Lookup finds content that is stored
// already; else captureSelection counts the attempt and calls Archiver.Capture. Capturer.Run resolves the resources and
// captureResource lists them page by page, item by item, into a spool, which archive.Writer turns into an archive. store.Secrets.Put
// writes its chunks and then its index: that one write commits it. finishBackup sets the phase.
//
// # A retry after a crash
//
// A new leader reconciles every namespace. For one without a record, attemptsSince in controller/namespace returns the time from
// which on objects with Seedbed's labels are its own work; Runner.Execute runs the plan again and apply counts these objects as
// created. With an unfinished record, attempt.Settled returns the delay, executeResumed continues with the record's backup and
// Task.pendingKeys restricts the run to the objects that are still to be done. records.Store.Write replaces the record of the
// attempt before, and returns the other record where another attempt was first. attempt.WithGracePeriod lets a run that has begun
// finish when the process is asked to stop.
//
// # Guarantees
//
//   - Namespace creation never waits for Seedbed: the webhook configuration (failurePolicy Ignore) and the policies.
//   - No namespace is lost: controller/namespace is level-triggered, and lists every namespace at a start.
//   - Nothing is restored twice: records, and controller/namespace's assume cache until the informer shows them.
//   - No user gets content without permission: the policies, controller/authorization (objects that were not reviewed) and seal
//     (records that were not forged).
//   - No tenant changes what a Required baseline with drift Deny brought: the policy of charts/seedbed/templates/protection.
//   - An object in another namespace of the same name is taken back: Runner.TakeBackIfReplaced.
//   - No secret in logs, events, conditions, metrics or denials: apply's redact.go, admission's denial.go.
//   - Memory is bounded: capture (spool, limits), archive (limits), plan (compile one at a time, memory.go), admission/serving.
package pkg
