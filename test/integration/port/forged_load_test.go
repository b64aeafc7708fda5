package port

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"

	"seedbed.dev/seedbed/test/seedbed"
)

const (
	// floodFor is how long, and floodWidth how wide, a forger asks.
	floodFor   = 10 * time.Second
	floodWidth = 64
	// mostReviews is what the flags' defaults allow for that time: a burst and a rate.
	mostReviews = 1000 + 100*10
)

// Forged reviews of ever other users have the API server asked at a bounded rate, whatever they ask for.
func TestForgedReviewsCauseBoundedAccessReviews(t *testing.T) {
	w := newWorld(t)
	controller := w.start()
	f, path := w.forger(controller), w.paths()["backups.seedbed.dev"]
	before := w.apiRequests("subjectaccessreviews")
	var number atomic.Int64
	var all sync.WaitGroup
	answers := counter{}
	began := time.Now()
	for range floodWidth {
		all.Go(func() {
			for time.Since(began) < floodFor {
				user := authenticationv1.UserInfo{Username: fmt.Sprint("user-", number.Add(1))}
				status, _, err := f.post(path, review(t, user, admissionv1.Create, false, backup("b", []string{"configmaps", "secrets"}, "default", "kube-public")))
				answers.add(status, err)
			}
		})
	}
	all.Wait()
	took := time.Since(began).Seconds()
	caused := w.apiRequests("subjectaccessreviews") - before
	t.Logf("%d reviews in %.1f s (%s) caused %.0f access reviews, %.0f a second", number.Load(), took, &answers, caused, caused/took)
	if most := 1.2*mostReviews + 100*(took-floodFor.Seconds()); caused > most {
		t.Errorf("%.0f access reviews in %.1f s, want at most %.0f", caused, took, most)
	}
	if caused < 100 {
		t.Errorf("%.0f access reviews show nothing", caused)
	}
	if err := w.AwaitWebhooks(deadline(t)); err != nil {
		t.Errorf("after the flood: %v", err)
	}
}

// Large bodies are refused unread, by whoever knows the path too.
func TestLargeForgedBodiesTakeNoMemory(t *testing.T) {
	const bodies, mebibytes, most = 120, 6, 24
	w := newWorld(t)
	controller := w.start()
	body := inflate(t, mebibytes<<20)
	for name, path := range map[string]string{"by the right path": w.paths()["populate.seedbed.dev"], "by another path": "/somewhere"} {
		t.Run(name, func(t *testing.T) {
			idle, answers := rss(t, controller.PID()), w.postAtOnce(t, controller, path, bodies, body)
			t.Logf("%d bodies of %d MB: %s; %.0f MiB before, %.0f at most", bodies, mebibytes, &answers.counter, idle, answers.peak)
			if answers.peak > idle+most {
				t.Errorf("%.0f MiB, of %.0f before", answers.peak, idle)
			}
			if answers.count(http.StatusOK) > 0 {
				t.Errorf("%d were read", answers.count(http.StatusOK))
			}
		})
	}
	t.Run("as large as may be", func(t *testing.T) {
		// What is not read is refused as to be tried again; the estimate of memory is a coarse one.
		idle := rss(t, controller.PID())
		answers := w.postAtOnce(t, controller, w.paths()["populate.seedbed.dev"], bodies, inflate(t, 1<<20-1<<12))
		t.Logf("%d bodies of 1 MB: %s; %.0f MiB before, %.0f at most", bodies, &answers.counter, idle, answers.peak)
		if answers.peak > idle+120 {
			t.Errorf("%.0f MiB, of %.0f before", answers.peak, idle)
		}
		if answers.count(http.StatusOK) == 0 {
			t.Error("none was read")
		}
	})
	if err := w.AwaitWebhooks(deadline(t)); err != nil {
		t.Errorf("after the flood: %v", err)
	}
}

type burst struct {
	counter
	peak float64
}

// postAtOnce sends the body that many times, each on a connection of its own.
func (w *world) postAtOnce(t *testing.T, c *seedbed.Controller, path string, times int, body []byte) *burst {
	t.Helper()
	f := w.forger(c)
	stop := peak(t, c.PID())
	var all sync.WaitGroup
	b := &burst{}
	for range times {
		all.Go(func() {
			status, _, err := f.post(path, body)
			b.add(status, err)
		})
	}
	all.Wait()
	b.peak = stop()
	return b
}

// counter counts answers by status; 0 is a connection that broke.
type counter struct {
	mu      sync.Mutex
	answers map[int]int
}

func (c *counter) add(status int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answers == nil {
		c.answers = map[int]int{}
	}
	if err != nil {
		status = 0
	}
	c.answers[status]++
}

func (c *counter) count(status int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.answers[status]
}

func (c *counter) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprint("answers by status: ", c.answers)
}
