// Package namespace has the command that creates a namespace which asks for baselines.
package namespace
