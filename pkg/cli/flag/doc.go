// Package flag has the flags and arguments that several commands take, and checks them without a cluster.
package flag
