package certs

import (
	"bytes"
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
	secret.Data = maps.Clone(secret.Data)
	if secret.Data == nil {
		secret.Data = map[string][]byte{}
	}
	writePair(secret.Data, corev1.TLSCertKey, corev1.TLSPrivateKeyKey, s.serving)
	writePair(secret.Data, issuerCertKey, issuerKeyKey, s.issuer)
	writePair(secret.Data, nextCertKey, nextKeyKey, s.next)
	secret.Data[bundleKey] = s.bundle.encodePEM()
	secret.Annotations = withEntry(secret.Annotations, annotationPublished, writeTime(s.publishedAt))
	secret.Annotations = withEntry(secret.Annotations, annotationUnused, writeTime(s.unusedAt))
	secret.Annotations = withEntry(secret.Annotations, AnnotationRotate, s.request)
}

func writePair(data map[string][]byte, certKey, keyKey string, p *pair) {
	if p == nil {
		delete(data, certKey)
		delete(data, keyKey)
		return
	}
	data[certKey], data[keyKey] = p.certPEM, p.keyPEM
}

func writeTime(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339Nano)
}

// withEntry returns a copy of entries in which key has the value, or is absent if the value is empty.
func withEntry(entries map[string]string, key, value string) map[string]string {
	entries = maps.Clone(entries)
	if value == "" {
		delete(entries, key)
		return entries
	}
	if entries == nil {
		entries = map[string]string{}
	}
	entries[key] = value
	return entries
}
