package certs

import (
	"context"
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
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

// SegmentSource holds the segments that this replica accepts in a webhook's path, on every replica. It follows a watch on the
// Secret. A segment that vanishes from the Secret is accepted for a grace more, so that a Secret that is deleted, or edited by
// hand, cuts no API server off before the leader has repaired it.
type SegmentSource struct {
	secret types.NamespacedName
	grace  time.Duration
	clock  clock.PassiveClock
	// cluster watches this one Secret: the manager's cache holds the certificate's, and selects by name too.
	cluster  cluster.Cluster
	accepted atomic.Pointer[[]acceptedSegment]
	fixed    bool
}

// acceptedSegment is accepted until that time; for as long as the Secret holds it where there is none.
type acceptedSegment struct {
	segment string
	until   time.Time
}

// NewSegmentSource returns a source that follows a Secret. It accepts no segment before the Secret has been read.
func NewSegmentSource(namespace, secretName string, grace time.Duration) *SegmentSource {
	return &SegmentSource{
		secret: types.NamespacedName{Namespace: namespace, Name: secretName},
		grace:  withDefault(grace, DefaultPublishGrace), clock: clock.RealClock{},
	}
}

// FixedSegments returns a source that accepts the segments which an administrator puts into the webhooks' URLs: one, and while
// it is replaced two.
func FixedSegments(segments ...string) *SegmentSource {
	s := &SegmentSource{clock: clock.RealClock{}, fixed: true}
	var accepted []acceptedSegment
	for _, segment := range segments {
		accepted = append(accepted, acceptedSegment{segment: segment})
	}
	s.accepted.Store(&accepted)
	return s
}

// Accepts reports whether calls may come by this segment. Its time depends on how many segments there are, and on no content.
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

// Loaded reports whether the source knows any segment, so that a call without one is known to be wrong.
func (s *SegmentSource) Loaded() bool { return s.accepted.Load() != nil }

// Ready is a [sigs.k8s.io/controller-runtime/pkg/healthz.Checker]: it fails until a segment has been loaded.
func (s *SegmentSource) Ready(*http.Request) error {
	if !s.Loaded() {
		return fmt.Errorf("no webhook path has been loaded from Secret %s yet", s.secret)
	}
	return nil
}

// Load takes over the Secret's segments. One without any is an error, and those before it stay accepted.
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
		return fmt.Errorf("reading Secret %s: it holds no webhook path: the leader makes one", s.secret)
	}
	if before := s.accepted.Load(); before != nil {
		accepted = append(accepted, s.lingering(*before, held)...)
	}
	s.accepted.Store(&accepted)
	return nil
}

// lingering returns those that the Secret held before and does not hold now, for a grace.
func (s *SegmentSource) lingering(before []acceptedSegment, held map[string]bool) []acceptedSegment {
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

// SetupWithManager has the manager keep the source up to date, whether it leads or not.
func (s *SegmentSource) SetupWithManager(mgr manager.Manager) error {
	if s.fixed {
		return nil
	}
	if err := s.watch(mgr); err != nil {
		return fmt.Errorf("watching Secret %s: %w", s.secret, err)
	}
	everywhere := false
	loader, err := controller.New("webhook-path-source", mgr, controller.Options{
		NeedLeaderElection: &everywhere, RateLimiter: rateLimiter(), Reconciler: s.reconciler(),
	})
	if err != nil {
		return fmt.Errorf("setting up the source of webhook paths: %w", err)
	}
	return loader.Watch(s.changes())
}

// watch makes a cache of this one Secret.
func (s *SegmentSource) watch(mgr manager.Manager) (err error) {
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

func (s *SegmentSource) changes() source.Source { return secretChanges(s.cluster.GetCache(), s.secret) }

func (s *SegmentSource) reconciler() reconcile.Func {
	return func(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
		secret := &corev1.Secret{}
		if err := s.cluster.GetClient().Get(ctx, s.secret, secret); err != nil {
			// A Secret that is gone is made again, with the segments that are in use; until then those stay accepted.
			return reconcile.Result{}, client.IgnoreNotFound(err)
		}
		if err := s.Load(secret); err != nil {
			return reconcile.Result{}, reconcile.TerminalError(err) // the leader repairs it, and the watch tells
		}
		log.FromContext(ctx).V(1).Info("Webhook paths loaded", "resourceVersion", secret.ResourceVersion)
		return reconcile.Result{}, nil
	}
}
