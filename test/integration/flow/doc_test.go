// Package flow tests Seedbed's guarantees on a real API server with the real controller beside it.
//
// Most tests share one installation (shared); those that kill controllers, need the webhooks to be down, or change what
// every namespace gets have a control plane of their own (own). The name of a test is the guarantee.
//
// world_test.go has what tests say in one line: a source namespace, a backup, a baseline, a user with RBAC of their own,
// and what is awaited. content_test.go makes stored content that no capture made, webhook_test.go another webhook beside
// Seedbed's, observe_test.go reads metrics and warnings.
package flow
