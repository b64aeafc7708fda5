// Package attempt has the parts that restores by a Baseline and restores by hand share: the task of a Baseline, the delay between
// attempts, the grace period of an attempt at a shutdown, and the log line, metric and event of its result.
package attempt
