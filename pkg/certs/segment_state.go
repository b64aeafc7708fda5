package certs

import (
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// segmentState is what is known about the segment in the webhooks' paths: the Secret's content, and the paths in the webhook
// configurations. A segment that is missing or malformed is empty.
type segmentState struct {
	// current is the one that the webhook configurations should name.
	current string
	// next takes its place once every replica accepts it.
	next string
	// previous is accepted until no API server uses it any more.
	previous string
	// currentSince is when current took its place. It is due to be replaced a rotation later.
	currentSince time.Time
	// nextSince is when the Secret began to hold next.
	nextSince time.Time
	// publishedSince is when every webhook was first seen to be called by current, while previous is still accepted.
	publishedSince time.Time
	// published holds the segment of each webhook's path, empty for a path without one.
	published []string
	// requested reports whether a rotation was asked for.
	requested bool
	// recalled reports whether the Secret lacks what is here.
	recalled bool
}

// recall fills in for a Secret that was deleted or damaged, with the segments by which API servers call and which the replicas
// still remember: so no call is refused meanwhile.
func (s *segmentState) recall() {
	if s.current != "" {
		return
	}
	for _, segment := range s.published {
		switch {
		case segment == "" || segment == s.current || segment == s.next:
		case s.current == "":
			s.current, s.recalled = segment, true
		default:
			s.previous = segment
		}
	}
}

// isPublished reports whether every webhook is called by the current segment. Without a configuration none is.
func (s *segmentState) isPublished() bool {
	if len(s.published) == 0 {
		return false
	}
	return !slices.ContainsFunc(s.published, func(segment string) bool { return segment != s.current })
}

// readSegments returns the state that the Secret holds; a Secret that is missing is an empty one.
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

// writeSegments puts the state into the Secret and keeps whatever else it holds.
func writeSegments(secret *corev1.Secret, s segmentState) {
	secret.Labels = withEntry(secret.Labels, labelManagedBy, managedBySeedbed)
	secret.Data = maps.Clone(secret.Data)
	if secret.Data == nil {
		secret.Data = map[string][]byte{}
	}
	for key, segment := range map[string]string{
		segmentCurrentKey: s.current, segmentNextKey: s.next, segmentPreviousKey: s.previous,
	} {
		if segment == "" {
			delete(secret.Data, key)
			continue
		}
		secret.Data[key] = []byte(segment)
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
