// Package kube makes requests to the API server that several packages make in the same way: status writes and deletions of the
// object of one UID, their retries, and the API server's time.
package kube
