// Package certs keeps the webhook's certificates: made by Seedbed itself, published before they are used, and served
// from memory.
//
// Everything stands in one Secret (secret.go, with its keys in names.go): the serving certificate, the CA that signs it,
// the next CA while there is one, and the bundle of CAs that clients have to trust. The rules are pure: next.go
// takes what is known (state.go) and makes the one step that is due, if any. An [Authority], on the leader, reads
// the Secret and the webhook configurations, takes that step, writes it under an optimistic lock, and copies the bundle
// into the configurations. Each step stands by itself, so a crash after any write loses nothing.
//
// A [Source], on every replica, serves the certificate that the Secret holds, from a watch. Where cert-manager issues,
// only the Source runs.
//
// The order that keeps every handshake good: a new CA joins the bundle, in the Secret and then in the webhook
// configurations; when every webhook has been seen to hold it for PublishGrace, which is for API servers that learn of it
// late, the serving certificate is signed by it; when that has been so for another PublishGrace, which is for replicas
// that learn of it late, the old CA leaves the bundle.
package certs
