//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// manner is how somebody creates a namespace.
type manner string

const (
	// plainly is without the annotation: the baseline's selector takes it.
	plainly manner = "plain"
	// byAnnotation asks for the baseline.
	byAnnotation manner = "annotated"
	// byDryRun asks too and makes nothing.
	byDryRun manner = "dry run"
)

// pace says who creates how often.
type pace struct {
	// every is the time between two creates, whose manners take turns.
	every   time.Duration
	manners []manner
}

var (
	// steadily is two a second, half of them annotated.
	steadily = pace{every: time.Second / 2, manners: []manner{plainly, byAnnotation}}
	// busily makes some hundreds of annotated ones while a CA is replaced.
	busily = pace{every: time.Second / 8, manners: []manner{byAnnotation}}
)

const (
	// askEvery is fast enough to meet a gap of a few dozen milliseconds.
	askEvery = 25 * time.Millisecond
	// createWithin is how long anybody waits for an answer.
	createWithin = time.Minute
	// loadLabel is on every namespace that a load makes, with its name.
	loadLabel = "seedbed-e2e-load"
)

// attempt is one create.
type attempt struct {
	manner manner
	began  time.Time
	took   time.Duration
	err    error
	outcome
}

func (a attempt) String() string {
	return fmt.Sprintf("%s create at %s, %s after %s: %v", a.manner, a.began.UTC().Format("15:04:05.000"), a.outcome, a.took.Round(time.Millisecond), a.err)
}

// load creates namespaces while something else happens, in two loops: one makes them, each in a goroutine of its own, so that
// a slow one holds nobody up; the other, far faster, only asks, with dry runs, one after the other.
type load struct {
	world  *world
	base   string
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu       sync.Mutex
	attempts []attempt
}

// load begins to create namespaces with this base of their names.
func (w *world) load(t *testing.T, base string, p pace) *load {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &load{world: w, base: base, cancel: cancel}
	l.loop(ctx, p.every, func(i int) {
		l.work.Go(func() { l.create(ctx, p.manners[i%len(p.manners)], fmt.Sprintf("%s-%d", base, i)) })
	})
	l.loop(ctx, askEvery, func(i int) { l.create(ctx, byDryRun, fmt.Sprintf("%s-asks-%d", base, i)) })
	t.Cleanup(l.end)
	return l
}

// loop calls do with a number that grows.
func (l *load) loop(ctx context.Context, every time.Duration, do func(int)) {
	l.work.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for i := 0; ; i++ {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				do(i)
			}
		}
	})
}

// create makes one, and keeps what came of it. One that has begun is always ended: what the end cuts off was not refused.
func (l *load) create(ctx context.Context, m manner, name string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), createWithin)
	defer cancel()
	namespace, opts := l.world.asking(name, baseline), []client.CreateOption(nil)
	switch m {
	case plainly:
		namespace = l.world.ofTeam(name)
	case byDryRun:
		opts = append(opts, client.DryRunAll)
	}
	metav1.SetMetaDataLabel(&namespace.ObjectMeta, loadLabel, l.label())
	a := attempt{manner: m, began: time.Now()}
	a.err = l.world.Create(ctx, namespace, opts...)
	a.took, a.outcome = time.Since(a.began), judge(a.err)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.attempts = append(l.attempts, a)
}

func (l *load) label() string { return l.world.name(l.base) }

// made is how many namespaces have been admitted so far.
func (l *load) made() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	count := 0
	for _, a := range l.attempts {
		if a.manner != byDryRun && a.outcome == admitted {
			count++
		}
	}
	return count
}

// awaitMore comes back when so many more have been admitted.
func (l *load) awaitMore(t *testing.T, more int) {
	t.Helper()
	wanted := l.made() + more
	l.world.eventually(t, func(context.Context) error {
		if made := l.made(); made < wanted {
			return fmt.Errorf("%d namespaces of load %s were created; want %d", made, l.base, wanted)
		}
		return nil
	})
}

// end comes back when the last create has ended.
func (l *load) end() {
	l.cancel()
	l.work.Wait()
}

// outcomes ends the load and gives what came of it. Of a load without a create of each manner nothing can be learnt.
func (l *load) outcomes(t *testing.T, p pace) []attempt {
	t.Helper()
	l.end()
	for _, m := range append(slices.Clone(p.manners), byDryRun) {
		if !slices.ContainsFunc(l.attempts, func(a attempt) bool { return a.manner == m && a.outcome == admitted }) {
			t.Errorf("load %s: no %s create was admitted, which proves nothing", l.base, m)
		}
	}
	return l.attempts
}

// maxShown bounds how many refusals are put into the log one by one.
const maxShown = 10

// tolerates fails the test when a create failed that may not.
func (l *load) tolerates(t *testing.T, attempts []attempt, mayFail func(attempt) bool) {
	t.Helper()
	shown := 0
	for _, a := range attempts {
		if a.outcome == admitted || mayFail(a) {
			continue
		}
		if shown++; shown <= maxShown {
			t.Error(a)
		}
	}
	if shown > maxShown {
		t.Errorf("and %d more failed", shown-maxShown)
	}
}

func never(attempt) bool { return false }

// list gives the namespaces of a load that exist: some may, although their creator never heard of it.
func (l *load) list(ctx context.Context) ([]corev1.Namespace, error) {
	namespaces := &corev1.NamespaceList{}
	err := l.world.List(ctx, namespaces, client.MatchingLabels{loadLabel: l.label()})
	return namespaces.Items, err
}
