// Package kube has requests to the API server that several packages make in the same way.
package kube
