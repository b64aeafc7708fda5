// Package fleet considers the namespaces of all Baselines in one pass over the cache: it counts them (count.go), decides how each
// rollout goes on (rollout.go), and hands the namespaces that may be updated to the namespace controller (slots.go). survey.go makes
// the same pass for a revision that is not set yet, and holders.go for the namespaces to audit.
package fleet
