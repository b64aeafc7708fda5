// Package restore executes one task: it writes a plan's objects into a namespace and returns the result.
//
// A Task (task.go) is decided by a reconciler. Runner.Execute (execute.go) finds its plan, copies the namespace's metadata
// (metadata.go) and writes the objects stage by stage (run.go). attempt.go collects the objects' results; result.go adds them to
// those of the attempts before. The caller records the Outcome. All runs share Writers (writers.go).
//
// A Transition (transition.go) makes a task an update of a namespace that holds another revision: only objects that differ are
// written, metadata_update.go changes the namespace's metadata, and prune.go deletes what the newer revision lacks, if the task says so.
// update_result.go makes the result.
//
// Runner.Correct (correction.go) puts back objects that an audit found changed or deleted.
//
// Runner.Preview (preview.go) predicts the result of a task and writes nothing; preview_objects.go removes secrets from the
// objects that it shows. Runner.CompareNamespaces (likeness.go) groups the namespaces that an update treats alike.
package restore
