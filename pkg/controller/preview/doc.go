// Package preview answers BaselinePreviews.
//
//   - retention.go reads all of them, deletes and refuses (rank.go), and hands over those to be answered.
//   - controller.go answers each once. responder.go predicts a restore if admission reviewed the preview.
//   - status.go bounds the answer.
//   - comparison.go compares a namespace with a revision instead, by the decisions of an audit.
//   - fleet.go predicts the update of all namespaces that hold a Baseline: fleet_groups.go has those that are alike, fleet_tally.go
//     adds the predictions up, and progress.go shows how far it is.
package preview
