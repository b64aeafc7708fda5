// Package port attacks the webhooks' port and /metrics of real controllers from a process without credentials, and rotates paths
// and certificates under load.
package port
