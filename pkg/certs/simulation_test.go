package certs

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
)

// simulation is the Secret and the webhook configuration over time, as seen by API servers and replicas that lag.
type simulation struct {
	secret        *corev1.Secret
	configuration *admissionregistrationv1.ValidatingWebhookConfiguration
	served        *pair // the certificate that the leader remembers

	// certificates and bundles are the versions so far, the newest last, with their times.
	certificates []version[*pair]
	bundles      []version[bundle]
}

type version[T any] struct {
	value T
	since time.Time
}

// visibleVersions returns the part of the history that a client with a lag of less than a grace may still use.
func visibleVersions[T any](history []version[T], now time.Time) []version[T] {
	for len(history) > 1 && !history[1].since.After(now.Add(-testPolicy.publishGrace)) {
		history = history[1:]
	}
	return history
}

func newSimulation() *simulation {
	return &simulation{
		secret:        &corev1.Secret{},
		configuration: &admissionregistrationv1.ValidatingWebhookConfiguration{Webhooks: make([]admissionregistrationv1.ValidatingWebhook, 2)},
	}
}

// reconcileOnce makes one reconcile's write, and reports whether there was one.
func (w *simulation) reconcileOnce(t *testing.T, now time.Time) (bool, step) {
	t.Helper()
	found := readSecret(w.secret)
	found.published = publishedBundles(w.configuration)
	found.recoverLost(w.served, now)
	if found.isServing(now) {
		w.served = found.serving
	}
	next, done, _, err := testPolicy.nextStep(found, now)
	if err != nil {
		t.Fatal(err)
	}
	if done != stepNone {
		w.secret = w.secret.DeepCopy()
		writeSecret(w.secret, next)
		w.certificates = append(w.certificates, version[*pair]{next.serving, now})
		return true, done
	}
	if publishBundle(w.configuration, next.bundle) {
		w.bundles = append(w.bundles, version[bundle]{next.bundle, now})
		return true, done
	}
	return false, done
}

// checkHandshakes has every API server that may lag connect to every replica that may lag.
func (w *simulation) checkHandshakes(now time.Time) error {
	w.bundles, w.certificates = visibleVersions(w.bundles, now), visibleVersions(w.certificates, now)
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

// TestNoHandshakeFails simulates rotations while everything lags by up to a grace, the leader may stop after any
// write, and users edit and delete objects.
func TestNoHandshakeFails(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 0))
			w, steps := newSimulation(), map[step]int{}
			for now := epoch; now.Before(epoch.Add(2 * testPolicy.caLifetime)); now = now.Add(randomPause(random)) {
				for range random.IntN(4) {
					wrote, done := w.reconcileOnce(t, now)
					if !wrote {
						break
					}
					steps[done]++
				}
				if err := w.checkHandshakes(now); err != nil {
					t.Fatal(err)
				}
				if len(w.bundles) > 0 && random.IntN(50) == 0 {
					w.disturb(random)
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

// randomPause returns a pause that is mostly shorter than a grace, and sometimes long.
func randomPause(random *rand.Rand) time.Duration {
	longest := testPolicy.publishGrace
	if random.IntN(4) == 0 {
		longest = time.Hour
	}
	return time.Duration(random.Int64N(int64(longest)))
}

// disturb edits the Secret like a user.
func (w *simulation) disturb(random *rand.Rand) {
	changed := w.secret.DeepCopy()
	if changed.Data == nil {
		return // deleted, and not created again yet
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
