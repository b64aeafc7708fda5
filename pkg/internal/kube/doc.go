// Package kube holds requests to the API server that several packages share.
package kube
