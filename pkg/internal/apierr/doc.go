// Package apierr classifies the errors of requests to the API server. It is the one place that decides which of them pass by
// themselves; whoever makes a request decides how often it is repeated.
package apierr
