// Package certs keeps the webhook's certificates and paths: made by Seedbed itself, published before they are used, and
// served from memory.
//
// Everything stands in one Secret (secret.go, with its keys in names.go): the serving certificate, the CA that signs it,
// the next CA while there is one, and the bundle of CAs that clients have to trust. The rules are pure: next.go
// takes what is known (state.go) and makes the one step that is due, if any. An [Authority], on the leader, reads
// the Secret and the webhook configurations, takes that step, writes it under an optimistic lock, and copies the bundle
// into the configurations (publisher.go). Each step is complete by itself, so a crash after any write loses nothing.
//
// A [Source], on every replica, serves the certificate that the Secret holds, from a watch. Where cert-manager issues,
// only the Source runs.
//
// The order that keeps every handshake good: a new CA joins the bundle, in the Secret and then in the webhook
// configurations; when every webhook has been seen to hold it for PublishGrace, which is for API servers that learn of it
// late, the serving certificate is signed by it; when that has been so for another PublishGrace, which is for replicas
// that learn of it late, the old CA leaves the bundle.
//
// Keys and certificates are made by cert-manager's pkg/util/pki. Its webhook's DynamicAuthority, which also keeps a CA in a Secret,
// is not used: it insists on one CA, so that replacing it refuses whoever has not learned of the new one.
//
// # Paths
//
// A webhook's path is /SEGMENT/NAME: a random segment, and the webhook's own name. The segment is a fence, not a lock: the
// API server prints it when a call fails. Its files are named segment_*.go; the publisher is the same. The segments are kept
// in a Secret of their own, since cert-manager owns the other one. A [SegmentPublisher], on the leader, takes the step that
// [segmentPolicy] finds due; a [SegmentSource], on every replica, accepts what the Secret holds.
//
// The order is the reverse of a CA's, because here the replicas verify: a new segment is accepted first; a PublishGrace later,
// which is for replicas that learn of it late, the webhook configurations name it; when every webhook has been seen to do so
// for another PublishGrace, which is for API servers that learn of it late, the old one is not accepted any more.
package certs
