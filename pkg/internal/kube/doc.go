// Package kube holds requests to the API server that several packages share: status writes and deletions of the object of one UID,
// their retries, and the API server's time.
package kube
