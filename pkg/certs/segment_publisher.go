package certs

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// SegmentPublisherOptions configure a [SegmentPublisher].
type SegmentPublisherOptions struct {
	// WebhookConfiguration is the name of the ValidatingWebhookConfiguration whose webhooks get the path. Required.
	WebhookConfiguration string
	// Rotation is the time for which a segment is current. Zero means DefaultSegmentRotation. A rotation itself takes a little
	// more than twice the grace.
	Rotation time.Duration
	// PublishGrace is the time for replicas to learn of a segment, and for API servers to learn of a path. Zero means
	// DefaultPublishGrace.
	PublishGrace time.Duration
}

// SegmentPublisher creates the segment of the webhooks' paths, rotates it, and writes the paths into the webhook
// configuration. It runs on the leader only, and not at all if the administrator sets the segment.
type SegmentPublisher struct {
	publisher publisher[segmentState]
	source    *SegmentSource
	policy    segmentPolicy
	// started is true once a rotation has begun since this process leads. One worker reads and writes it.
	started bool
}

// NewSegmentPublisher returns a SegmentPublisher after checking the options and setting their defaults. The source's
// Secret holds the segments.
func NewSegmentPublisher(source *SegmentSource, opts SegmentPublisherOptions) (*SegmentPublisher, error) {
	if opts.WebhookConfiguration == "" || source.fixed {
		return nil, errors.New("set the webhook configuration's name, and no fixed segment, for the webhooks' paths")
	}
	p := segmentPolicy{
		rotation:     cmp.Or(opts.Rotation, DefaultSegmentRotation),
		publishGrace: cmp.Or(opts.PublishGrace, DefaultPublishGrace),
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
		next:          segments.nextStep,
		write:         writeSegments,
		publish: func(configuration *webhookConfiguration, s segmentState) bool {
			return publishSegment(configuration, s.current)
		},
		stored: segments.noteStart,
	}
	return segments, nil
}

// SetupWithManager adds the publisher to the manager, to run while it leads. The source must be set up before, and
// the manager's cache must hold the webhook configuration; see [CacheByObject].
func (p *SegmentPublisher) SetupWithManager(mgr manager.Manager) error {
	p.publisher.secrets = p.source.cluster.GetClient()
	return p.publisher.setupWithManager(mgr, secretChanges(p.source.cluster.GetCache(), p.source.secret))
}

func (p *SegmentPublisher) nextStep(secret *corev1.Secret, configuration *webhookConfiguration, now time.Time) (segmentState, step, time.Duration, error) {
	found := readSegments(secret)
	found.published = publishedSegments(configuration)
	found.recoverLost()
	p.started = p.started || found.next != ""
	found.requested = found.requested || !p.started
	next, done, wait := p.policy.nextStep(found, now)
	return next, done, wait, nil
}

// noteStart records that the initial rotation of every leader has begun. It logs nothing of a segment.
func (p *SegmentPublisher) noteStart(stored segmentState) []any {
	p.started = p.started || !stored.requested
	return nil
}
