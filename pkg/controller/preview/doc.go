// Package preview answers BaselinePreviews.
//
//   - retention.go reads all of them, deletes and refuses (rank.go), and hands over those to be answered.
//   - controller.go answers each once. responder.go predicts a restore if admission reviewed the preview.
//   - status.go bounds the answer.
package preview
