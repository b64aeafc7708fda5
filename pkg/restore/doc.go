// Package restore writes a plan's objects into a namespace.
//
// A Runner (run.go) writes a plan stage by stage and returns an Outcome (outcome.go): the result of each object, and the keys
// that are still pending. All runs share Writers (writers.go). Runner.Preview (preview.go) predicts a run and writes nothing;
// preview_objects.go removes secrets from the objects that it shows.
package restore
