package certs

import "time"

// Keys of the Secret, besides tls.crt and tls.key: the serving certificate and its key.
const (
	// bundleKey holds the CAs that clients trust, PEM one after the other. cert-manager uses this name too.
	bundleKey = "ca.crt"
	// issuerCertKey and issuerKeyKey hold the CA that signs serving certificates.
	issuerCertKey = "issuer.crt"
	issuerKeyKey  = "issuer.key"
	// nextCertKey and nextKeyKey hold the CA that will sign once clients know it.
	nextCertKey = "next.crt"
	nextKeyKey  = "next.key"
)

// Keys of the Secret with the segments of the webhooks' paths: the one in use, the one that takes its place, and the one that
// was in use before.
const (
	segmentCurrentKey  = "current"
	segmentNextKey     = "next"
	segmentPreviousKey = "previous"
)

// Annotations of the Secret with the segments.
const (
	// annotationSegmentSince says since when the current segment is that.
	annotationSegmentSince = "seedbed.dev/segment-since"
	// annotationNextSegmentSince says since when the Secret holds the next segment.
	annotationNextSegmentSince = "seedbed.dev/next-segment-since"
	// annotationSegmentPublished says since when every webhook has been seen to be called by the current segment.
	annotationSegmentPublished = "seedbed.dev/segment-published"
)

// Annotations of the Secret.
const (
	// AnnotationRotate asks for a rotation before its time: RotateServing or RotateCA, and on the Secret with the segments
	// RotateSegment. It is taken away when the rotation has begun.
	AnnotationRotate = "seedbed.dev/rotate"
	// annotationPublished says since when every webhook has been seen to hold the next CA.
	annotationPublished = "seedbed.dev/next-ca-published"
	// annotationUnused says since when the bundle holds CAs that no serving certificate needs any more.
	annotationUnused = "seedbed.dev/old-ca-unused"
)

// Values of AnnotationRotate.
const (
	// RotateServing asks for another serving certificate from the same CA.
	RotateServing = "serving"
	// RotateCA asks for another CA, and a serving certificate from it.
	RotateCA = "ca"
	// RotateSegment asks for another segment in the webhooks' paths.
	RotateSegment = "segment"
)

const (
	labelManagedBy   = "app.kubernetes.io/managed-by"
	managedBySeedbed = "seedbed"
	fieldManager     = "seedbed"

	organization = "seedbed.dev"
)

const (
	// DefaultCALifetime of a CA. It is replaced after two thirds.
	DefaultCALifetime = 2 * 365 * 24 * time.Hour
	// DefaultCertLifetime of a serving certificate. It is replaced after two thirds: a controller that was off for less
	// than the last third comes back with a good one.
	DefaultCertLifetime = 90 * 24 * time.Hour
	// DefaultPublishGrace is twice the longest pause (30 s) of a watch that reconnects.
	DefaultPublishGrace = time.Minute

	// DefaultSegmentRotation bounds for how long a segment that was seen in a message is of use.
	DefaultSegmentRotation = time.Hour

	// maxSkew is how far the clocks of API servers may be behind.
	maxSkew = 5 * time.Minute
	// longestWait bounds the pause until the next look, since clocks can jump.
	longestWait = time.Hour
)
