// Package values computes the parts of restored objects that differ from namespace to namespace: spec.values and spec.include of a
// Baseline, in CEL.
//
// Compile (rules.go) checks the rules of a Baseline once: their syntax and types in one environment (environment.go), their cost
// (cost.go) and the fields that they set (path.go). Its errors name the field of the Baseline. warnings.go explains which rules hand a
// decision to the tenants of a namespace.
//
// A Value is computed for a Target, the namespace (evaluate.go): the work, the size and the shape of a result are bounded
// (result.go). Nothing but the namespace's name, labels and annotations, the Baseline's name and the backup's own value can be read,
// and a result is encoded as one JSON value, so no text can leave its place.
//
// Hash (inputs.go) identifies the rules and the labels and annotations that they read, without computing anything: it shows that a
// namespace has changed since its objects were written. A Library (library.go) keeps compiled rules.
package values
