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
	// floodFor is the length, and floodWidth the concurrency, of a forger's requests.
	floodFor   = 10 * time.Second
	floodWidth = 64
	// mostReviews is the limit by the flags' defaults for that time: a burst and a rate.
	mostReviews = 1000 + 100*10
)

// Forged reviews of ever other users cause access reviews at a bounded rate, whatever they ask for.
func TestForgedReviewsCauseBoundedAccessReviews(t *testing.T) {
	e := newEnv(t)
	controller := e.startController()
	f, path := e.newForger(controller), e.webhookPaths()["backups.seedbed.dev"]
	before := e.apiRequests("subjectaccessreviews")
	var number atomic.Int64
	var all sync.WaitGroup
	answers := counter{}
	began := time.Now()
	for range floodWidth {
		all.Go(func() {
			for time.Since(began) < floodFor {
				user := authenticationv1.UserInfo{Username: fmt.Sprint("user-", number.Add(1))}
				status, _, err := f.postReview(path, encodeReview(t, user, admissionv1.Create, false, newBackup("b", []string{"configmaps", "secrets"}, "default", "kube-public")))
				answers.add(status, err)
			}
		})
	}
	all.Wait()
	took := time.Since(began).Seconds()
	caused := e.apiRequests("subjectaccessreviews") - before
	t.Logf("%d reviews in %.1f s (%s) caused %.0f access reviews, %.0f a second", number.Load(), took, &answers, caused, caused/took)
	if most := 1.2*mostReviews + 100*(took-floodFor.Seconds()); caused > most {
		t.Errorf("%.0f access reviews in %.1f s, want at most %.0f", caused, took, most)
	}
	if caused < 100 {
		t.Errorf("%.0f access reviews show nothing", caused)
	}
	if err := e.AwaitWebhooks(testContext(t)); err != nil {
		t.Errorf("after the flood: %v", err)
	}
}

// Large bodies are refused unread, also from callers who know the path.
func TestLargeForgedBodiesTakeNoMemory(t *testing.T) {
	const bodies, mebibytes, most = 120, 6, 24
	e := newEnv(t)
	controller := e.startController()
	body := largeReview(t, mebibytes<<20)
	for name, path := range map[string]string{"by the right path": e.webhookPaths()["populate.seedbed.dev"], "by another path": "/somewhere"} {
		t.Run(name, func(t *testing.T) {
			idle, answers := residentMemory(t, controller.PID()), e.postAtOnce(t, controller, path, bodies, body)
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
		// Unread bodies are refused with a status that asks for a retry; the estimate of memory is a coarse one.
		idle := residentMemory(t, controller.PID())
		answers := e.postAtOnce(t, controller, e.webhookPaths()["populate.seedbed.dev"], bodies, largeReview(t, 1<<20-1<<12))
		t.Logf("%d bodies of 1 MB: %s; %.0f MiB before, %.0f at most", bodies, &answers.counter, idle, answers.peak)
		if answers.peak > idle+120 {
			t.Errorf("%.0f MiB, of %.0f before", answers.peak, idle)
		}
		if answers.count(http.StatusOK) == 0 {
			t.Error("none was read")
		}
	})
	if err := e.AwaitWebhooks(testContext(t)); err != nil {
		t.Errorf("after the flood: %v", err)
	}
}

type burstResult struct {
	counter
	peak float64
}

// postAtOnce sends the body that many times, each on a connection of its own.
func (e *env) postAtOnce(t *testing.T, c *seedbed.Controller, path string, times int, body []byte) *burstResult {
	t.Helper()
	f := e.newForger(c)
	stop := trackPeak(t, c.PID())
	var all sync.WaitGroup
	b := &burstResult{}
	for range times {
		all.Go(func() {
			status, _, err := f.postReview(path, body)
			b.add(status, err)
		})
	}
	all.Wait()
	b.peak = stop()
	return b
}

// counter counts answers by status; 0 is a broken connection.
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
