package certs

import (
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// SegmentPublisherOptions say where a [SegmentPublisher] puts segments and how long they are in use.
type SegmentPublisherOptions struct {
	// WebhookConfiguration is the name of the ValidatingWebhookConfiguration whose webhooks get the path. Required.
	WebhookConfiguration string
	// Rotation is how long a segment is current: DefaultSegmentRotation when zero. A rotation itself takes a little more than
	// twice the grace.
	Rotation time.Duration
	// PublishGrace is how long replicas may take to learn of a segment, and API servers of a path: DefaultPublishGrace when
	// zero.
	PublishGrace time.Duration
}

// SegmentPublisher makes the segment of the webhooks' paths, replaces it, and writes the paths into the webhook
// configurations. It works on the leader only; with a segment of the administrator's it is not set up at all.
type SegmentPublisher struct {
	publisher publisher[segmentState]
	source    *SegmentSource
	policy    segmentPolicy
	// started reports whether a rotation has begun since this process leads. One worker reads and writes it.
	started bool
}

// NewSegmentPublisher checks the options and fills in their defaults. The source's Secret holds the segments.
func NewSegmentPublisher(source *SegmentSource, opts SegmentPublisherOptions) (*SegmentPublisher, error) {
	if opts.WebhookConfiguration == "" || source.fixed {
		return nil, errors.New("set the webhook configuration's name, and no fixed segment, for the webhooks' paths")
	}
	p := segmentPolicy{
		rotation:     withDefault(opts.Rotation, DefaultSegmentRotation),
		publishGrace: withDefault(opts.PublishGrace, DefaultPublishGrace),
	}
	if p.rotation < 0 || p.publishGrace < 0 {
		return nil, fmt.Errorf("the rotation (%s) and the grace (%s) of webhook paths must not be negative", p.rotation, p.publishGrace)
	}
	segments := &SegmentPublisher{source: source, policy: p}
	segments.publisher = publisher[segmentState]{
		name:          "webhook-path-publisher",
		content:       "webhook paths",
		secret:        source.secret,
		configuration: types.NamespacedName{Name: opts.WebhookConfiguration},
		clock:         clock.RealClock{},
		next:          segments.next,
		write:         writeSegments,
		publish: func(configuration client.Object, s segmentState) bool {
			return publishSegment(configuration, s.current)
		},
		stored: segments.noteStart,
	}
	return segments, nil
}

// SetupWithManager has the manager run the publisher while it leads. The source must be set up before, and the manager's cache
// must hold the webhook configurations; see [CacheByObject].
func (p *SegmentPublisher) SetupWithManager(mgr manager.Manager) error {
	p.publisher.secrets = p.source.cluster.GetClient()
	return p.publisher.setup(mgr, p.source.changes())
}

func (p *SegmentPublisher) next(secret *corev1.Secret, configurations []client.Object, now time.Time) (segmentState, step, time.Duration, error) {
	found := readSegments(secret)
	found.published = publishedSegments(configurations...)
	found.recall()
	p.started = p.started || found.next != ""
	found.requested = found.requested || !p.started
	next, done, wait := p.policy.next(found, now)
	return next, done, wait, nil
}

// noteStart notes that the rotation which every leader begins with has begun. Of a segment nothing is logged.
func (p *SegmentPublisher) noteStart(stored segmentState) []any {
	p.started = p.started || !stored.requested
	return nil
}
