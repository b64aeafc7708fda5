// Package seedbed installs Seedbed into a test cluster and runs the real controller beside it.
//
// Install writes the chart's objects: CRDs, RBAC and the webhook configuration from config/, with the
// webhooks' URL pointing at a port on loopback. There service.go replaces the Kubernetes Service: it
// forwards connections to the ready controllers. Start runs .bin/seedbed-controller as a
// process of its own, with the permissions of its ServiceAccount alone, so that a test can kill
// it as a cluster would.
package seedbed
