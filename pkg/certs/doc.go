// Package certs manages the webhook's certificates and paths: it creates them, publishes them before they are used,
// and serves them from memory.
//
// One Secret holds everything (secret.go, with its keys in names.go): the serving certificate, the CA that signs it,
// the next CA while there is one, and the bundle of CAs that clients must trust. The rules are pure: next.go takes
// the known state (state.go) and makes the one step that is due, if any. An [Authority], on the leader, reads the
// Secret and the webhook configuration, takes that step, writes it under an optimistic lock, and copies the bundle
// into the configuration (publisher.go). Each step is complete by itself, so a crash after any write loses nothing.
//
// A [Source], on every replica, serves the certificate in the Secret, from a watch. If cert-manager issues the
// certificate, only the Source runs.
//
// This order keeps every handshake valid. A new CA joins the bundle, in the Secret and then in the webhook
// configuration. When every webhook has held it for PublishGrace, for API servers that learn of it late, it signs
// the serving certificate. When that certificate has been in the Secret for another PublishGrace, for replicas that
// learn of it late, the old CA leaves the bundle.
//
// # Why an own CA
//
// Two libraries do a part of this, and neither keeps that order. cert-manager's DynamicAuthority, which also keeps a
// CA in a Secret, supports only one CA: replacing it breaks every client that has not learned of the new one.
// open-policy-agent/cert-controller replaces CA and bundle at once; in a trial it refused 461 creates. Keys and
// certificates are made by cert-manager's pkg/util/pki.
//
// # Paths
//
// A webhook's path is /SEGMENT/NAME: a random segment, and the webhook's own name. The segment is a fence, not a
// lock: the API server prints it when a call fails. Its files are named segment_*.go; it shares the publisher. The
// segments have a Secret of their own, because cert-manager owns the other one. A [SegmentPublisher], on the leader,
// takes the step that is due by [segmentPolicy]; a [SegmentSource], on every replica, accepts the segments in the
// Secret.
//
// The order is the reverse of a CA's, because here the replicas verify. A new segment is accepted first. A
// PublishGrace later, for replicas that learn of it late, the webhook configuration names it. When every webhook has
// named it for another PublishGrace, for API servers that learn of it late, the old one is no longer accepted.
package certs
