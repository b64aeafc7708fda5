// Package serving serves the port on which the API server calls the webhooks. It checks requests before a webhook's handler.
//
// Any client of the port can forge a review, so each request passes these checks, the cheap ones first, and nothing of its
// body is read before the last:
//
//	connection   at most maxConnections; with a ClientCA, a client certificate of it     server.go, client_ca.go
//	path         /SEGMENT/NAME with a segment that is accepted now, or 404               fence.go
//	form         POST of JSON                                                            fence.go
//	size         at most MaxReviewBytes and maxElements                                  body.go
//	load         reviews in flight, by count and by estimated memory, or 429             load.go
//
// A rejection has a constant text, or none. The requests that a handler makes at the API server are bounded by
// [seedbed.dev/seedbed/pkg/admission.Budget].
package serving
