// Package rewatch keeps informers up to date while their connection to the API server breaks again and again.
//
// A reflector waits for longer after each watch that ends with an error, up to a minute, and forgets that only after two quiet
// minutes: an outage of two minutes costs up to one more, and a connection that is reset every few seconds leaves a cache behind
// for as long. Here a watch that breaks is resumed where it was (watch.go), and a request that fails for a reason that may pass
// is repeated after at most maxDelay (retry.go). Any other error, such as an expired version, is returned to the
// reflector.
package rewatch
