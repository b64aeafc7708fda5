// Package restore has the commands of restores by hand, and shows the records of baselines among them: summary.go is their common
// view, print.go its table and description.
package restore
