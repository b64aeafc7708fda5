// Package flow tests Seedbed's guarantees on a real API server with the real controller beside it.
//
// Most tests share one installation (shared); those that kill controllers, or need the webhooks to be down,
// have a control plane of their own (own). world_test.go has what tests say in one line: a source
// namespace, a backup, a baseline, a user with RBAC of their own, and what is awaited.
package flow
