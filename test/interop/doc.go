// Package interop tests Seedbed with third-party programs, which test/peers builds and which run as processes on loopback:
// Velero's server with its plugin for S3, and versitygw as its S3 server. `make interop` runs it; `make test` does not, because
// Velero takes long to build. A missing program fails the tests.
package interop
