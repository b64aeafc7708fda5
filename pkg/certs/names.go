package certs

import "time"

// Keys of the Secret, besides tls.crt and tls.key: the serving certificate and its key.
const (
	// bundleKey holds the CAs that clients trust, in concatenated PEM. cert-manager uses this key too.
	bundleKey = "ca.crt"
	// issuerCertKey and issuerKeyKey hold the CA that signs serving certificates.
	issuerCertKey = "issuer.crt"
	issuerKeyKey  = "issuer.key"
	// nextCertKey and nextKeyKey hold the CA that will sign once clients trust it.
	nextCertKey = "next.crt"
	nextKeyKey  = "next.key"
)

// Keys of the Secret with the segments of the webhooks' paths: the current one, its successor and its predecessor.
const (
	segmentCurrentKey  = "current"
	segmentNextKey     = "next"
	segmentPreviousKey = "previous"
)

// Annotations of the Secret with the segments.
const (
	// annotationSegmentSince is the time when the current segment became current.
	annotationSegmentSince = "seedbed.dev/segment-since"
	// annotationNextSegmentSince is the time since when the Secret holds the next segment.
	annotationNextSegmentSince = "seedbed.dev/next-segment-since"
	// annotationSegmentPublished is the time since when every webhook is known to have the current segment.
	annotationSegmentPublished = "seedbed.dev/segment-published"
)

// Annotations of the Secret.
const (
	// AnnotationRotate requests an early rotation: RotateServing or RotateCA, and on the Secret with the segments
	// RotateSegment. It is removed when the rotation has begun.
	AnnotationRotate = "seedbed.dev/rotate"
	// annotationPublished is the time since when every webhook is known to have the next CA.
	annotationPublished = "seedbed.dev/next-ca-published"
	// annotationUnused is the time since when the bundle holds CAs that no serving certificate needs.
	annotationUnused = "seedbed.dev/old-ca-unused"
)

// Values of AnnotationRotate.
const (
	// RotateServing requests another serving certificate from the same CA.
	RotateServing = "serving"
	// RotateCA requests another CA, and a serving certificate from it.
	RotateCA = "ca"
	// RotateSegment requests another segment in the webhooks' paths.
	RotateSegment = "segment"
)

const (
	labelManagedBy   = "app.kubernetes.io/managed-by"
	managedBySeedbed = "seedbed"
	fieldManager     = "seedbed"

	organization = "seedbed.dev"
)

const (
	// DefaultCALifetime is the validity of a CA. It is replaced after two thirds.
	DefaultCALifetime = 2 * 365 * 24 * time.Hour
	// DefaultCertLifetime is the validity of a serving certificate. It is replaced after two thirds, so that a controller
	// that was off for less than the last third starts with a valid one.
	DefaultCertLifetime = 90 * 24 * time.Hour
	// DefaultPublishGrace is twice the longest pause (30 s) of a reconnecting watch.
	DefaultPublishGrace = time.Minute

	// DefaultSegmentRotation bounds the usefulness of a segment that was leaked by a message.
	DefaultSegmentRotation = time.Hour

	// maxSkew is the tolerated lag of API servers' clocks.
	maxSkew = 5 * time.Minute
	// maxWait bounds the time between two reconciles, because clocks can jump.
	maxWait = time.Hour
)
