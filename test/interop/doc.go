// Package interop tests Seedbed beside programs of others, which test/peers builds and which run as processes on loopback:
// Velero's server with its plugin for S3, and versitygw as the S3 that it writes to. `make interop` runs it; it is no part of
// `make test`, because Velero takes long to build. A program that is missing fails the tests.
package interop
