package certs

import (
	"cmp"
	"crypto/subtle"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/cluster"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// SegmentSource holds the segments that this replica accepts in a webhook's path. It runs on every replica and
// follows a watch on the Secret. A segment that disappears from the Secret is accepted for one more grace, so that
// deleting or editing the Secret disconnects no API server before the leader has repaired it.
type SegmentSource struct {
	secret types.NamespacedName
	grace  time.Duration
	clock  clock.PassiveClock
	// cluster watches this one Secret. The manager's cache holds only the certificate's, because it selects by name too.
	cluster  cluster.Cluster
	accepted atomic.Pointer[[]acceptedSegment]
	fixed    bool
}

// acceptedSegment is accepted until that time, or, if it is zero, while the Secret holds it.
type acceptedSegment struct {
	segment string
	until   time.Time
}

// NewSegmentSource returns a source that follows a Secret. It accepts no segment before the Secret has been read.
func NewSegmentSource(namespace, secretName string, grace time.Duration) *SegmentSource {
	return &SegmentSource{
		secret: types.NamespacedName{Namespace: namespace, Name: secretName},
		grace:  cmp.Or(grace, DefaultPublishGrace), clock: clock.RealClock{},
	}
}

// FixedSegments returns a source for the segments that an administrator sets in the webhooks' URLs: one, or two
// during its replacement.
func FixedSegments(segments ...string) *SegmentSource {
	s := &SegmentSource{clock: clock.RealClock{}, fixed: true}
	var accepted []acceptedSegment
	for _, segment := range segments {
		accepted = append(accepted, acceptedSegment{segment: segment})
	}
	s.accepted.Store(&accepted)
	return s
}

// Accepts reports whether calls by this segment are accepted. Its duration depends on the number of segments, not on
// their content.
func (s *SegmentSource) Accepts(segment string) bool {
	accepted := s.accepted.Load()
	if accepted == nil {
		return false
	}
	now, found := s.clock.Now(), 0
	for _, one := range *accepted {
		if one.until.IsZero() || now.Before(one.until) {
			found |= subtle.ConstantTimeCompare([]byte(one.segment), []byte(segment))
		}
	}
	return found == 1
}

// Loaded reports whether any segment is known, so that a call without one can be rejected.
func (s *SegmentSource) Loaded() bool { return s.accepted.Load() != nil }

// Ready is a [sigs.k8s.io/controller-runtime/pkg/healthz.Checker]. It returns an error until a segment has been
// loaded.
func (s *SegmentSource) Ready(*http.Request) error {
	if !s.Loaded() {
		return fmt.Errorf("no webhook path has been loaded from Secret %s yet", s.secret)
	}
	return nil
}

// Load accepts the Secret's segments. If there are none, it returns an error and keeps the previous ones.
func (s *SegmentSource) Load(secret *corev1.Secret) error {
	read := readSegments(secret)
	var accepted []acceptedSegment
	held := map[string]bool{}
	for _, segment := range []string{read.current, read.next, read.previous} {
		if segment != "" && !held[segment] {
			held[segment] = true
			accepted = append(accepted, acceptedSegment{segment: segment})
		}
	}
	if len(accepted) == 0 {
		return fmt.Errorf("reading Secret %s: it has no webhook path: the leader creates one", s.secret)
	}
	if before := s.accepted.Load(); before != nil {
		accepted = append(accepted, s.lingeringSegments(*before, held)...)
	}
	s.accepted.Store(&accepted)
	return nil
}

// lingeringSegments returns the segments that the Secret no longer holds and that are still within their grace.
func (s *SegmentSource) lingeringSegments(before []acceptedSegment, held map[string]bool) []acceptedSegment {
	now := s.clock.Now()
	var left []acceptedSegment
	for _, one := range before {
		if one.until.IsZero() {
			one.until = now.Add(s.grace)
		}
		if !held[one.segment] && now.Before(one.until) {
			left = append(left, one)
		}
	}
	return left
}

// SetupWithManager adds the source to the manager, to run whether it leads or not.
func (s *SegmentSource) SetupWithManager(mgr manager.Manager) error {
	if s.fixed {
		return nil
	}
	if err := s.addCluster(mgr); err != nil {
		return fmt.Errorf("watching Secret %s: %w", s.secret, err)
	}
	if err := followSecret(mgr, "webhook-path-source", s.cluster, s.secret, s.Load, "Webhook paths loaded"); err != nil {
		return fmt.Errorf("setting up the source of webhook paths: %w", err)
	}
	return nil
}

// addCluster adds a cache of this one Secret to the manager.
func (s *SegmentSource) addCluster(mgr manager.Manager) (err error) {
	only := fields.OneTermEqualSelector("metadata.name", s.secret.Name)
	s.cluster, err = cluster.New(mgr.GetConfig(), func(o *cluster.Options) {
		o.Scheme, o.HTTPClient = mgr.GetScheme(), mgr.GetHTTPClient()
		o.Cache.ByObject = map[client.Object]cache.ByObject{
			&corev1.Secret{}: {Namespaces: map[string]cache.Config{s.secret.Namespace: {FieldSelector: only}}},
		}
	})
	if err != nil {
		return err
	}
	return mgr.Add(s.cluster)
}
