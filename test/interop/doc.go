// Package interop tests Seedbed with third-party programs, which test/peers builds and which run as processes on loopback:
// Velero's server with its plugin for S3, versitygw as its S3 server, and a Prometheus server. `make interop` runs it; `make test`
// does not, because they take long to build. A missing program fails the tests.
package interop
