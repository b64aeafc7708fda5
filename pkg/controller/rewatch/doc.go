// Package rewatch keeps informers up to date while their connection to the API server breaks repeatedly.
//
// A reflector backs off after each watch that ends with an error, by up to a minute, and resets that only after two
// quiet minutes. An outage of two minutes therefore costs up to one more, and a connection that is reset every few
// seconds leaves a cache permanently behind. Here a broken watch is resumed at its last version, and a
// request with a transient error is repeated after at most maxDelay. Any other error, such as an expired
// version, is returned to the reflector.
package rewatch
