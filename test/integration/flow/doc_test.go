// Package flow tests Seedbed's guarantees on a real API server with the real controller beside it.
//
// Most tests share one installation (sharedInstallation); those that kill controllers, need the webhooks to be down, or
// change the content of every namespace have a control plane of their own (newInstallation). The name of a test is the
// guarantee.
//
// env_test.go has the helpers of most tests: they create a source namespace, a backup, a baseline or a user with RBAC of
// their own, and wait for conditions. content_test.go stores content that no capture made, webhook_test.go adds another
// webhook beside Seedbed's, and observe_test.go reads metrics and warnings.
package flow
