package certs

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
)

// world is the Secret and the webhook configuration over time, as API servers and replicas see them that learn late.
type world struct {
	secret        *corev1.Secret
	configuration *admissionv1.ValidatingWebhookConfiguration
	served        *pair // what the leader remembers

	// certificates and bundles are what was true, the newest last, and since when.
	certificates []version[*pair]
	bundles      []version[bundle]
}

type version[T any] struct {
	value T
	since time.Time
}

// known is the part of the history that somebody who lags by less than a grace may still act on.
func known[T any](history []version[T], now time.Time) []version[T] {
	for len(history) > 1 && !history[1].since.After(now.Add(-testPolicy.publishGrace)) {
		history = history[1:]
	}
	return history
}

func newWorld() *world {
	return &world{
		secret:        &corev1.Secret{},
		configuration: &admissionv1.ValidatingWebhookConfiguration{Webhooks: make([]admissionv1.ValidatingWebhook, 2)},
	}
}

// write makes one reconcile's write, and says whether there was one.
func (w *world) write(t *testing.T, now time.Time) (bool, step) {
	t.Helper()
	found := readSecret(w.secret)
	found.published = published(w.configuration)
	found.recall(w.served, now)
	if found.serves(now) {
		w.served = found.serving
	}
	next, done, _, err := testPolicy.next(found, now)
	if err != nil {
		t.Fatal(err)
	}
	if done != stepNone {
		w.secret = w.secret.DeepCopy()
		writeSecret(w.secret, next)
		w.certificates = append(w.certificates, version[*pair]{next.serving, now})
		return true, done
	}
	if publish(w.configuration, next.bundle) {
		w.bundles = append(w.bundles, version[bundle]{next.bundle, now})
		return true, done
	}
	return false, done
}

// check has every API server that may lag connect to every replica that may lag.
func (w *world) check(now time.Time) error {
	w.bundles, w.certificates = known(w.bundles, now), known(w.certificates, now)
	for _, b := range w.bundles {
		for _, c := range w.certificates {
			if !b.value.trusts(c.value, now) {
				return fmt.Errorf("%s after the start an API server that knows the bundle of %s refuses the certificate of %s",
					now.Sub(epoch), b.since.Sub(epoch), c.since.Sub(epoch))
			}
		}
	}
	return nil
}

// TestNoHandshakeFails lives through rotations with everybody up to a grace behind, a leader that may stop after any
// write, and people who edit and delete.
func TestNoHandshakeFails(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 0))
			w, steps := newWorld(), map[step]int{}
			for now := epoch; now.Before(epoch.Add(2 * testPolicy.caLifetime)); now = now.Add(pause(random)) {
				for range random.IntN(4) {
					wrote, done := w.write(t, now)
					if !wrote {
						break
					}
					steps[done]++
				}
				if err := w.check(now); err != nil {
					t.Fatal(err)
				}
				if len(w.bundles) > 0 && random.IntN(50) == 0 {
					w.meddle(random)
				}
			}
			for _, want := range []step{stepReplaceServing, stepMakeNextCA, stepNotePublished, stepSwitchCA, stepDropOldCAs, stepRepair} {
				if steps[want] == 0 {
					t.Errorf("step %s never happened: %v", want, steps)
				}
			}
			if steps[stepBootstrap] != 1 {
				t.Errorf("%d bootstraps: all but the first cut somebody off", steps[stepBootstrap])
			}
		})
	}
}

// pause is mostly shorter than a grace, and sometimes long.
func pause(random *rand.Rand) time.Duration {
	longest := testPolicy.publishGrace
	if random.IntN(4) == 0 {
		longest = time.Hour
	}
	return time.Duration(random.Int64N(int64(longest)))
}

// meddle does what people do to a Secret.
func (w *world) meddle(random *rand.Rand) {
	changed := w.secret.DeepCopy()
	if changed.Data == nil {
		return // deleted, and not made again yet
	}
	switch random.IntN(6) {
	case 0:
		changed = &corev1.Secret{}
	case 1:
		changed.Data[corev1.TLSPrivateKeyKey] = []byte("damaged")
	case 2:
		changed.Data[bundleKey] = append([]byte("damaged\n"), changed.Data[bundleKey]...)
	case 3:
		delete(changed.Data, issuerKeyKey)
	case 4:
		changed.Annotations = withEntry(changed.Annotations, AnnotationRotate, RotateCA)
	case 5:
		changed.Annotations = withEntry(changed.Annotations, AnnotationRotate, RotateServing)
	}
	w.secret = changed
}
