// Package preview predicts restores: it creates a BaselinePreview, waits for the controller's answer and deletes it (preview.go),
// and prints the answer for people (text.go) or as objects (print.go). It serves `baseline preview` and `restore create --dry-run`.
package preview
