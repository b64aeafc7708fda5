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

// Annotations of the Secret.
const (
	// AnnotationRotate asks for a rotation before its time: RotateServing or RotateCA. It is taken away when the
	// rotation has begun.
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

	// maxSkew is how far the clocks of API servers may be behind.
	maxSkew = 5 * time.Minute
	// longestWait bounds the pause until the next look, since clocks can jump.
	longestWait = time.Hour
)
