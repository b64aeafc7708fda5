// Package restore turns a stored backup into a plan, and a plan into the objects of a namespace.
//
// A Plan (plan.go) is a backup read, checked, cleaned, mapped, ordered and encoded: everything that does
// not depend on the target namespace is done once, in compile.go, and what depends on it is the
// target's name in some places of some objects, and the labels. Objects are compiled one at a time, after survey.go has read what
// has to be known of all of them. Plans (plans.go) keeps compiled plans, bounded by bytes, and plans_in_use.go bounds those that
// are held besides. A Runner (run.go) writes a plan into one namespace stage by stage and returns an Outcome
// (outcome.go): what became of each object, and what is still to be done. All runs share Writers
// (writers.go). Runner.Preview (preview.go) says what that would be and writes nothing; preview_objects.go
// makes the objects fit to be shown.
// selection.go keeps a plan of a restore by hand to the part that was asked for.
// For the gate, guarded.go reports whether what guards Pods is there, and pod_defaults.go returns what admission puts into them.
package restore
