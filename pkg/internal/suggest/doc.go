// Package suggest finds the known name that an unknown one was probably meant to be, for "did you mean" in messages. The
// server and the CLI share it, so that they suggest the same.
package suggest
