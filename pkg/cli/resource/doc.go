// Package resource has the verbs that are the same for all kinds: get, describe, delete, and how to create an object and wait for
// it. A Descriptor is enough to find objects of a kind (find.go); a View is how the verbs show it, and belongs to its noun.
//
// Restores by hand and records of baselines are found together, because users look for both in the same place.
package resource
