// Package queue has the options and the event handlers that the reconcilers share: their rate limits, the priority of their
// requests, and the form of their log lines.
package queue
