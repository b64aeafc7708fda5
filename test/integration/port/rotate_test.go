package port

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/certs"
	"seedbed.dev/seedbed/test/seedbed"
)

const (
	// wantedReviews are made at a steady rate while everything rotates.
	wantedReviews    = 1000
	reviewsPerSecond = 30
	// reviewers make them, each one at a time.
	reviewers = 4
)

// rotating has paths rotate all the time, and everybody learn within three seconds.
var rotating = []string{"--tls-publish-grace=3s", "--webhook-path-rotation=4s"}

// No review is lost while paths, certificates and CAs are replaced and the leader changes.
func TestNoReviewIsLostWhileEverythingRotates(t *testing.T) {
	t.Run("self-signed", func(t *testing.T) {
		w := newWorld(t)
		w.rotate(nil, func(round int) {
			request := certs.RotateServing
			if round%2 == 1 {
				request = certs.RotateCA
			}
			w.annotate(seedbed.TLSSecret, request)
		})
	})
	t.Run("cert-manager", func(t *testing.T) {
		w := newWorld(t)
		m := &certManager{world: w, ca: newAuthority(t)}
		m.renewServing()
		m.inject()
		w.rotate([]string{"--tls-mode=cert-manager"}, func(round int) {
			if round%2 == 1 {
				m.ca.renew()
			}
			m.renewServing()
			m.inject()
		})
	})
}

// rotate has two replicas answer while renew is called every few seconds, and replaces the first of them in the midst.
func (w *world) rotate(args []string, renew func(round int)) {
	w.t.Helper()
	args = append(args, rotating...)
	first, second := w.start(args...), w.start(args...)
	seen, open := w.observe(), w.failedOpen()
	reviews := w.reviewSteadily()
	for round := 0; reviews.count() < wantedReviews; round++ {
		renew(round)
		reviews.await(w, (round+1)*wantedReviews/6)
		if round == 2 {
			third := w.start(args...)
			first.Stop()
			first = third
		}
	}
	made, refused := reviews.stop()
	distinct := seen()
	w.t.Logf("%d reviews, %d lost; %v", made, len(refused), distinct)
	for _, err := range refused {
		w.t.Errorf("a review was lost: %v", err)
	}
	if failed := w.failedOpen() - open; failed > 0 {
		w.t.Errorf("%.0f calls failed, and were let pass", failed)
	}
	if made < wantedReviews || distinct["segments"] < 4 || distinct["serving certificates"] < 4 || distinct["CA bundles"] < 3 {
		w.t.Errorf("%d reviews over %v show nothing", made, distinct)
	}
	for _, controller := range []*seedbed.Controller{first, second} {
		text, err := controller.Scrape(deadline(w.t))
		if err != nil {
			w.t.Fatal(err)
		}
		if rejected := sum(w.t, text, "seedbed_webhook_rejected_total", "reason", "path"); rejected > 0 {
			w.t.Errorf("a replica rejected %.0f calls by their path", rejected)
		}
	}
}

func (w *world) annotate(secret, rotation string) {
	w.t.Helper()
	w.eventually(func(ctx context.Context) error {
		found := &corev1.Secret{}
		found.Namespace, found.Name = seedbed.Namespace, secret
		patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, certs.AnnotationRotate, rotation)
		return w.Client.Patch(ctx, found, client.RawPatch("application/merge-patch+json", []byte(patch)))
	})
}

// observe counts what is different in the Secrets until the function that it returns is called.
func (w *world) observe() func() map[string]int {
	w.t.Helper()
	ctx, stop := context.WithCancel(w.t.Context())
	result := make(chan map[string]int)
	go func() {
		seen, counts := map[[sha256.Size]byte]bool{}, map[string]int{}
		for tick := time.NewTicker(100 * time.Millisecond); ; {
			for _, one := range []struct{ what, secret, key string }{
				{"segments", seedbed.PathSecret, "current"}, {"serving certificates", seedbed.TLSSecret, corev1.TLSCertKey}, {"CA bundles", seedbed.TLSSecret, "ca.crt"},
			} {
				secret := &corev1.Secret{}
				if w.Client.Get(ctx, client.ObjectKey{Namespace: seedbed.Namespace, Name: one.secret}, secret) != nil {
					continue
				}
				if hash := sha256.Sum256(append([]byte(one.what), secret.Data[one.key]...)); !seen[hash] {
					seen[hash] = true
					counts[one.what]++
				}
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				tick.Stop()
				result <- counts
				return
			}
		}
	}()
	return func() map[string]int {
		stop()
		return <-result
	}
}

// reviews are dry runs of a kind whose webhook has to answer: without an answer the API server refuses.
type reviews struct {
	mu      sync.Mutex
	made    int
	refused []error
	end     func()
	ended   sync.WaitGroup
}

func (w *world) reviewSteadily() *reviews {
	ctx, end := context.WithCancel(w.t.Context())
	r := &reviews{end: end}
	limiter := rate.NewLimiter(reviewsPerSecond, 1)
	for range reviewers {
		r.ended.Go(func() {
			for limiter.Wait(ctx) == nil {
				if err := w.review(ctx); ctx.Err() == nil {
					r.add(err)
				}
			}
		})
	}
	w.t.Cleanup(func() { _, _ = r.stop() })
	return r
}

func (r *reviews) add(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.made++
	if err != nil {
		r.refused = append(r.refused, fmt.Errorf("at %s: %w", time.Now().Format(time.TimeOnly), err))
	}
}

func (r *reviews) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.made
}

// await comes back when so many have been made.
func (r *reviews) await(w *world, wanted int) {
	w.t.Helper()
	w.eventually(func(context.Context) error {
		if made := r.count(); made < wanted {
			return fmt.Errorf("%d of %d reviews", made, wanted)
		}
		return nil
	})
}

func (r *reviews) stop() (made int, refused []error) {
	r.end()
	r.ended.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.made, r.refused
}
