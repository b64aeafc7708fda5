// Package preview asks the controller for predictions of restores, and for comparisons: it creates a BaselinePreview, waits for the
// answer and deletes it (preview.go). It prints predictions for people (text.go) or as objects (print.go). It serves `baseline preview`,
// `restore create --dry-run`, and `diff`, which prints its answer itself.
package preview
