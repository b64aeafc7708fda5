// Package gate has the command that lets pods into a namespace whose baseline is not restored yet.
package gate
