// Package output prints to the user: descriptions and tables (text.go, table.go), the progress of a wait, questions, and errors
// in one line with their mend (explain.go, suggest.go). It reads nothing from the cluster.
package output
