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
	// wantedReviews is the number of reviews during the rotations, made at a steady rate.
	wantedReviews    = 1000
	reviewsPerSecond = 30
	// reviewers is the number of concurrent reviews.
	reviewers = 4
)

// rotating rotates the paths all the time, with a delay of three seconds for all clients to learn of it.
var rotating = []string{"--tls-publish-grace=3s", "--webhook-path-rotation=4s"}

// No review is lost while paths, certificates and CAs are replaced and the leader changes.
func TestRotationLosesNoReview(t *testing.T) {
	t.Run("self-signed", func(t *testing.T) {
		e := newEnv(t)
		e.rotateUnderLoad(nil, func(round int) {
			request := certs.RotateServing
			if round%2 == 1 {
				request = certs.RotateCA
			}
			e.requestRotation(seedbed.TLSSecret, request)
		})
	})
	t.Run("cert-manager", func(t *testing.T) {
		e := newEnv(t)
		m := &certManager{env: e, ca: newAuthority(t)}
		m.renewServing()
		m.injectCA()
		e.rotateUnderLoad([]string{"--tls-mode=cert-manager"}, func(round int) {
			if round%2 == 1 {
				m.ca.renewCA()
			}
			m.renewServing()
			m.injectCA()
		})
	})
}

// rotateUnderLoad runs two replicas while renew is called every few seconds, and replaces the first of them midway.
func (e *env) rotateUnderLoad(args []string, renew func(round int)) {
	e.t.Helper()
	args = append(args, rotating...)
	first, second := e.startController(args...), e.startController(args...)
	seen, open := e.countRotations(), e.failedOpen()
	reviews := e.reviewSteadily()
	for round := 0; reviews.count() < wantedReviews; round++ {
		renew(round)
		reviews.awaitCount(e, (round+1)*wantedReviews/6)
		if round == 2 {
			third := e.startController(args...)
			first.Stop()
			first = third
		}
	}
	made, refused := reviews.stop()
	distinct := seen()
	e.t.Logf("%d reviews, %d lost; %v", made, len(refused), distinct)
	for _, err := range refused {
		e.t.Errorf("a review was lost: %v", err)
	}
	if failed := e.failedOpen() - open; failed > 0 {
		e.t.Errorf("%.0f calls failed, and were let pass", failed)
	}
	if made < wantedReviews || distinct["segments"] < 4 || distinct["serving certificates"] < 4 || distinct["CA bundles"] < 3 {
		e.t.Errorf("%d reviews over %v show nothing", made, distinct)
	}
	for _, controller := range []*seedbed.Controller{first, second} {
		text, err := controller.Scrape(testContext(e.t))
		if err != nil {
			e.t.Fatal(err)
		}
		if rejected := sumSeries(e.t, text, "seedbed_webhook_rejected_total", "reason", "path"); rejected > 0 {
			e.t.Errorf("a replica rejected %.0f calls by their path", rejected)
		}
	}
}

func (e *env) requestRotation(secret, rotation string) {
	e.t.Helper()
	e.requireEventually(func(ctx context.Context) error {
		found := &corev1.Secret{}
		found.Namespace, found.Name = seedbed.Namespace, secret
		patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, certs.AnnotationRotate, rotation)
		return e.Client.Patch(ctx, found, client.RawPatch("application/merge-patch+json", []byte(patch)))
	})
}

// countRotations counts the changes of the Secrets until the returned function is called.
func (e *env) countRotations() func() map[string]int {
	e.t.Helper()
	ctx, stop := context.WithCancel(e.t.Context())
	result := make(chan map[string]int)
	go func() {
		seen, counts := map[[sha256.Size]byte]bool{}, map[string]int{}
		for tick := time.NewTicker(100 * time.Millisecond); ; {
			for _, one := range []struct{ what, secret, key string }{
				{"segments", seedbed.PathSecret, "current"}, {"serving certificates", seedbed.TLSSecret, corev1.TLSCertKey}, {"CA bundles", seedbed.TLSSecret, "ca.crt"},
			} {
				secret := &corev1.Secret{}
				if e.Client.Get(ctx, client.ObjectKey{Namespace: seedbed.Namespace, Name: one.secret}, secret) != nil {
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

// reviewLoop makes dry runs of a kind whose webhook has to answer: the API server refuses them without an answer.
type reviewLoop struct {
	mu      sync.Mutex
	made    int
	refused []error
	end     func()
	ended   sync.WaitGroup
}

func (e *env) reviewSteadily() *reviewLoop {
	ctx, end := context.WithCancel(e.t.Context())
	r := &reviewLoop{end: end}
	limiter := rate.NewLimiter(reviewsPerSecond, 1)
	for range reviewers {
		r.ended.Go(func() {
			for limiter.Wait(ctx) == nil {
				if err := e.reviewOnce(ctx); ctx.Err() == nil {
					r.add(err)
				}
			}
		})
	}
	e.t.Cleanup(func() { _, _ = r.stop() })
	return r
}

func (r *reviewLoop) add(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.made++
	if err != nil {
		r.refused = append(r.refused, fmt.Errorf("review %d: %w", r.made, err))
	}
}

func (r *reviewLoop) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.made
}

// awaitCount waits until that many reviews have been made.
func (r *reviewLoop) awaitCount(e *env, wanted int) {
	e.t.Helper()
	e.requireEventually(func(context.Context) error {
		if made := r.count(); made < wanted {
			return fmt.Errorf("%d of %d reviews", made, wanted)
		}
		return nil
	})
}

func (r *reviewLoop) stop() (made int, refused []error) {
	r.end()
	r.ended.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.made, r.refused
}
