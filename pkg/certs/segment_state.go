package certs

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// segmentState is the known state of the segment in the webhooks' paths: the Secret's content, and the paths in the
// webhook configuration. A missing or malformed segment is empty.
type segmentState struct {
	// current is the segment for the webhook configuration.
	current string
	// next replaces it once every replica accepts it.
	next string
	// previous is accepted until no API server uses it.
	previous string
	// currentSince is the time when current became current. It is replaced a rotation later.
	currentSince time.Time
	// nextSince is the time since when the Secret holds next.
	nextSince time.Time
	// publishedSince is the time since when every webhook is known to have current, while previous is still accepted.
	publishedSince time.Time
	// published holds the segment of each webhook's path, empty for a path without one.
	published []string
	// requested is true if a rotation was requested.
	requested bool
	// recovered is true if the Secret lacks these segments.
	recovered bool
}

// recoverLost takes the segments of a deleted or damaged Secret from the webhook configuration. API servers call by
// these and replicas still accept them, so no call is refused meanwhile.
func (s *segmentState) recoverLost() {
	if s.current != "" {
		return
	}
	for _, segment := range s.published {
		switch {
		case segment == "" || segment == s.current || segment == s.next:
		case s.current == "":
			s.current, s.recovered = segment, true
		default:
			s.previous = segment
		}
	}
}

// isPublished reports whether every webhook has the current segment. Without a configuration none has.
func (s *segmentState) isPublished() bool {
	if len(s.published) == 0 {
		return false
	}
	return !slices.ContainsFunc(s.published, func(segment string) bool { return segment != s.current })
}

// readSegments returns the state in the Secret. A missing Secret is an empty one.
func readSegments(secret *corev1.Secret) segmentState {
	return segmentState{
		current:        readSegment(secret, segmentCurrentKey),
		next:           readSegment(secret, segmentNextKey),
		previous:       readSegment(secret, segmentPreviousKey),
		currentSince:   readTime(secret, annotationSegmentSince),
		nextSince:      readTime(secret, annotationNextSegmentSince),
		publishedSince: readTime(secret, annotationSegmentPublished),
		requested:      secret.Annotations[AnnotationRotate] == RotateSegment,
	}
}

func readSegment(secret *corev1.Secret, key string) string {
	if segment := string(secret.Data[key]); IsSegment(segment) {
		return segment
	}
	return ""
}

// writeSegments sets the state in the Secret and keeps its other content.
func writeSegments(secret *corev1.Secret, s segmentState) {
	secret.Labels = withEntry(secret.Labels, labelManagedBy, managedBySeedbed)
	for key, segment := range map[string]string{
		segmentCurrentKey: s.current, segmentNextKey: s.next, segmentPreviousKey: s.previous,
	} {
		secret.Data = withEntry(secret.Data, key, []byte(segment))
	}
	request := secret.Annotations[AnnotationRotate]
	if request == RotateSegment && !s.requested {
		request = ""
	}
	for annotation, value := range map[string]string{
		annotationSegmentSince: writeTime(s.currentSince), annotationNextSegmentSince: writeTime(s.nextSince),
		annotationSegmentPublished: writeTime(s.publishedSince), AnnotationRotate: request,
	} {
		secret.Annotations = withEntry(secret.Annotations, annotation, value)
	}
}
