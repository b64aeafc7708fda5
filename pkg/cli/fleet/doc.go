// Package fleet has the commands about all namespaces that hold baselines: "fleet" prints the counts that the statuses of the
// Baselines have (summary.go), "fleet namespaces" lists the namespaces behind them (namespaces.go).
//
// The list is made by policy.Set.Holdings, the rule that the controller counts by. scan.go reads records first and reduces each to
// the facts that decide (record.go), then namespaces page by page, and keeps the rows that are printed (row.go).
package fleet
