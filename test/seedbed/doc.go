// Package seedbed installs Seedbed into a test cluster and runs the real controller beside it.
//
// Install writes what the chart would: CRDs, RBAC and the webhook configuration from config/, with the
// webhooks' URL pointing at a port on loopback, where service.go stands in for the Kubernetes Service: it
// forwards connections to the controllers that are ready. Start runs .bin/seedbed-controller as a
// process of its own, with the permissions of its ServiceAccount and no others, so that a test can kill
// it as a cluster would.
package seedbed
