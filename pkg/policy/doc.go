// Package policy decides which baselines a namespace should hold, in which order, or why not.
//
// It is pure: it reads objects that the caller has and never asks the cluster. Admission and the
// reconcilers use the same rules, so what a dry run says is what happens.
//
// Compile turns Baselines into a Set once, and Set.Decide answers for any number of namespaces
// (decide.go has the order and the rules). ParseAnnotation reads what a namespace asks for, Excluded
// names the namespaces that Seedbed never looks at, ValidateSelectors says whether a Baseline's
// selectors parse, AnnotationDigest stands for what a namespace asks for and IsMarked reports whether that was there before
// the policies that review it, ChosenLater whether a namespace was there before it was given a baseline, MadeByVelero and HeldBy
// whether Velero may still be making it.
package policy
