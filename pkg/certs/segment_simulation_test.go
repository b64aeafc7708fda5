package certs

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	clocktesting "k8s.io/utils/clock/testing"
)

// segmentSimulation is the Secret and the webhook configuration over time, as seen by API servers and replicas that
// lag.
type segmentSimulation struct {
	secret        *corev1.Secret
	configuration *admissionregistrationv1.ValidatingWebhookConfiguration
	// replicas learn of the Secret at once, or almost a grace late.
	replicas [2]*SegmentSource
	clock    *clocktesting.FakePassiveClock

	// secrets and called are the versions so far, the newest last, with their times.
	secrets []version[*corev1.Secret]
	called  []version[string]
}

func newSegmentSimulation() *segmentSimulation {
	w := &segmentSimulation{
		secret: &corev1.Secret{}, clock: clocktesting.NewFakePassiveClock(epoch),
		configuration: &admissionregistrationv1.ValidatingWebhookConfiguration{Webhooks: []admissionregistrationv1.ValidatingWebhook{
			{Name: "x", ClientConfig: admissionregistrationv1.WebhookClientConfig{Service: &admissionregistrationv1.ServiceReference{}}},
			{Name: "y", ClientConfig: admissionregistrationv1.WebhookClientConfig{URL: new("https://h")}},
		}},
	}
	for i := range w.replicas {
		w.replicas[i] = NewSegmentSource("n", "paths", testSegmentPolicy.publishGrace)
		w.replicas[i].clock = w.clock
	}
	return w
}

// reconcileOnce makes one reconcile's write, and reports whether there was one.
func (w *segmentSimulation) reconcileOnce(now time.Time) (bool, step) {
	found := readSegments(w.secret)
	found.published = publishedSegments(w.configuration)
	found.recoverLost()
	next, done, _ := testSegmentPolicy.nextStep(found, now)
	if done != stepNone {
		w.secret = w.secret.DeepCopy()
		writeSegments(w.secret, next)
		w.secrets = append(w.secrets, version[*corev1.Secret]{w.secret, now})
		return true, done
	}
	if publishSegment(w.configuration, next.current) {
		w.called = append(w.called, version[string]{next.current, now})
		return true, done
	}
	return false, done
}

// checkCalls has every API server that may lag call every replica that may lag.
func (w *segmentSimulation) checkCalls(now time.Time) error {
	w.clock.SetTime(now)
	w.secrets, w.called = visibleVersions(w.secrets, now), visibleVersions(w.called, now)
	for i, secret := range []*corev1.Secret{w.secrets[len(w.secrets)-1].value, w.secrets[0].value} {
		if err := w.replicas[i].Load(secret); err != nil && w.replicas[i].Loaded() {
			continue // the Secret was deleted: accepted segments stay accepted
		}
		for _, c := range w.called {
			if !w.replicas[i].Accepts(c.value) {
				return fmt.Errorf("%s after the start replica %d refuses the segment that was published at %s", now.Sub(epoch), i, c.since.Sub(epoch))
			}
		}
	}
	return nil
}

// TestNoCallIsRefused simulates rotations while everything lags by up to a grace, the leader may stop after any
// write, and users edit and delete objects.
func TestNoCallIsRefused(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 0))
			w, steps := newSegmentSimulation(), map[step]int{}
			for now := epoch; now.Before(epoch.Add(200 * time.Hour)); now = now.Add(randomPause(random)) {
				for range random.IntN(4) {
					wrote, done := w.reconcileOnce(now)
					if !wrote {
						break
					}
					steps[done]++
				}
				if len(w.called) == 0 {
					continue
				}
				if err := w.checkCalls(now); err != nil {
					t.Fatal(err)
				}
				if random.IntN(50) == 0 {
					w.disturb(now, random)
				}
			}
			for _, want := range []step{stepMakeNextSegment, stepSwitchSegment, stepNoteSegmentPublished, stepDropPreviousSegment, stepRepair} {
				if steps[want] == 0 {
					t.Errorf("step %s never happened: %v", want, steps)
				}
			}
			if steps[stepFirstSegment] != 1 {
				t.Errorf("%d first segments: all but the first cut somebody off", steps[stepFirstSegment])
			}
		})
	}
}

// disturb edits the Secret or the webhook configuration like a user.
func (w *segmentSimulation) disturb(now time.Time, random *rand.Rand) {
	changed := w.secret.DeepCopy()
	if changed.Data == nil {
		return // deleted, and not created again yet
	}
	switch random.IntN(5) {
	case 0:
		changed = &corev1.Secret{}
	case 1:
		changed.Data[segmentCurrentKey] = []byte("damaged")
	case 2:
		changed.Annotations = withEntry(changed.Annotations, AnnotationRotate, RotateSegment)
	case 3: // the chart again: without a path
		w.configuration.Webhooks[0].ClientConfig.Service.Path = nil
	case 4:
		delete(changed.Data, segmentPreviousKey)
	}
	w.secret = changed
	w.secrets = append(w.secrets, version[*corev1.Secret]{changed, now})
}
