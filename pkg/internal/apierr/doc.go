// Package apierr classifies the errors of requests to the API server. It is the one place that decides which of them are
// transient; its callers decide how often a request is repeated.
package apierr
