// Package metrics records metrics for Prometheus.
//
// Every metric is named seedbed_*, has labels with few values only (never a namespace's or a user's
// name), and measures time in seconds and content in bytes. recorder.go has the methods that the other
// packages call, through small interfaces of their own; series.go has the series. Queue depth and
// waiting time are controller-runtime's workqueue_* series of the controller "namespace".
package metrics
