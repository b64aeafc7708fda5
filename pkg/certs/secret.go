package certs

import (
	"bytes"
	"cmp"
	"maps"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// readSecret returns the state in the Secret, without the damaged parts. A missing Secret is an empty one.
func readSecret(secret *corev1.Secret) state {
	data := secret.Data
	s := state{
		issuer:      readPair(data, issuerCertKey, issuerKeyKey),
		next:        readPair(data, nextCertKey, nextKeyKey),
		serving:     readPair(data, corev1.TLSCertKey, corev1.TLSPrivateKeyKey),
		bundle:      parseBundle(data[bundleKey]),
		publishedAt: readTime(secret, annotationPublished),
		unusedAt:    readTime(secret, annotationUnused),
		request:     secret.Annotations[AnnotationRotate],
	}
	s.stored = bytes.Equal(s.bundle.encodePEM(), data[bundleKey])
	return s
}

func readPair(data map[string][]byte, certKey, keyKey string) *pair {
	p, err := parsePair(data[certKey], data[keyKey])
	if err != nil {
		return nil
	}
	return p
}

func readTime(secret *corev1.Secret, annotation string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, secret.Annotations[annotation])
	if err != nil {
		return time.Time{}
	}
	return at
}

// writeSecret sets the state in the Secret and keeps its other content.
func writeSecret(secret *corev1.Secret, s state) {
	if secret.Type == "" {
		secret.Type = corev1.SecretTypeTLS
	}
	secret.Labels = withEntry(secret.Labels, labelManagedBy, managedBySeedbed)
	writePair(secret, corev1.TLSCertKey, corev1.TLSPrivateKeyKey, s.serving)
	writePair(secret, issuerCertKey, issuerKeyKey, s.issuer)
	writePair(secret, nextCertKey, nextKeyKey, s.next)
	secret.Data = withEntry(secret.Data, bundleKey, s.bundle.encodePEM())
	secret.Annotations = withEntry(secret.Annotations, annotationPublished, writeTime(s.publishedAt))
	secret.Annotations = withEntry(secret.Annotations, annotationUnused, writeTime(s.unusedAt))
	secret.Annotations = withEntry(secret.Annotations, AnnotationRotate, s.request)
}

// writePair sets a pair in the Secret, or removes it if it is nil.
func writePair(secret *corev1.Secret, certKey, keyKey string, p *pair) {
	p = cmp.Or(p, &pair{})
	secret.Data = withEntry(withEntry(secret.Data, certKey, p.certPEM), keyKey, p.keyPEM)
}

func writeTime(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339Nano)
}

// withEntry returns a copy of entries in which key has the value, or is absent if the value is empty.
func withEntry[V string | []byte](entries map[string]V, key string, value V) map[string]V {
	entries = maps.Clone(entries)
	if len(value) == 0 {
		delete(entries, key)
		return entries
	}
	if entries == nil {
		entries = map[string]V{}
	}
	entries[key] = value
	return entries
}
