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

// createMode is the way in which a namespace is created.
type createMode string

const (
	// modePlain is without the annotation: the baseline's selector takes the namespace.
	modePlain createMode = "plain"
	// modeAnnotated asks for the baseline.
	modeAnnotated createMode = "annotated"
	// modeDryRun asks for it and creates nothing.
	modeDryRun createMode = "dry run"
)

// loadRate sets how often and in which modes namespaces are created.
type loadRate struct {
	// every is the time between two creates, whose modes alternate.
	every time.Duration
	modes []createMode
}

var (
	// steadyRate is two creates a second, half of them annotated.
	steadyRate = loadRate{every: time.Second / 2, modes: []createMode{modePlain, modeAnnotated}}
	// busyRate creates some hundreds of annotated namespaces while a CA is replaced.
	busyRate = loadRate{every: time.Second / 8, modes: []createMode{modeAnnotated}}
)

const (
	// askEvery is short enough to hit a gap of a few dozen milliseconds.
	askEvery = 25 * time.Millisecond
	// createWithin bounds one create.
	createWithin = time.Minute
	// loadLabel is set on every namespace of a load, with the load's name.
	loadLabel = "seedbed-e2e-load"
)

// attempt is one create.
type attempt struct {
	mode  createMode
	began time.Time
	took  time.Duration
	err   error
	outcome
}

func (a attempt) String() string {
	return fmt.Sprintf("%s create at %s, %s after %s: %v", a.mode, a.began.UTC().Format("15:04:05.000"), a.outcome, a.took.Round(time.Millisecond), a.err)
}

// load creates namespaces during a fault, in two loops: one creates them, each in a goroutine of its own, so that a slow create
// delays no other; the other, far faster, sends dry runs only, one after the other.
type load struct {
	env    *env
	base   string
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu       sync.Mutex
	attempts []attempt
}

// startLoad starts to create namespaces whose names begin with base.
func (e *env) startLoad(t *testing.T, base string, p loadRate) *load {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &load{env: e, base: base, cancel: cancel}
	l.runLoop(ctx, p.every, func(i int) {
		l.work.Go(func() { l.createNamespace(ctx, p.modes[i%len(p.modes)], fmt.Sprintf("%s-%d", base, i)) })
	})
	l.runLoop(ctx, askEvery, func(i int) { l.createNamespace(ctx, modeDryRun, fmt.Sprintf("%s-asks-%d", base, i)) })
	t.Cleanup(l.stopAndWait)
	return l
}

// runLoop calls do with a growing number.
func (l *load) runLoop(ctx context.Context, every time.Duration, do func(int)) {
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

// createNamespace creates one namespace and records the result. It always waits for the answer, because a create that is cut off
// was not refused.
func (l *load) createNamespace(ctx context.Context, m createMode, name string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), createWithin)
	defer cancel()
	namespace, opts := l.env.newAskingNamespace(name, baseline), []client.CreateOption(nil)
	switch m {
	case modePlain:
		namespace = l.env.newTeamNamespace(name)
	case modeAnnotated:
	case modeDryRun:
		opts = append(opts, client.DryRunAll)
	}
	metav1.SetMetaDataLabel(&namespace.ObjectMeta, loadLabel, l.labelValue())
	a := attempt{mode: m, began: time.Now()}
	a.err = l.env.Create(ctx, namespace, opts...)
	a.took, a.outcome = time.Since(a.began), classifyError(a.err)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.attempts = append(l.attempts, a)
}

func (l *load) labelValue() string { return l.env.runName(l.base) }

// countAdmitted returns the number of namespaces that were admitted so far.
func (l *load) countAdmitted() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	count := 0
	for _, a := range l.attempts {
		if a.mode != modeDryRun && a.outcome == admitted {
			count++
		}
	}
	return count
}

// awaitAdmitted waits until that many more namespaces have been admitted.
func (l *load) awaitAdmitted(t *testing.T, more int) {
	t.Helper()
	wanted := l.countAdmitted() + more
	l.env.requireEventually(t, func(context.Context) error {
		if made := l.countAdmitted(); made < wanted {
			return fmt.Errorf("%d namespaces of load %s were created; want %d", made, l.base, wanted)
		}
		return nil
	})
}

// stopAndWait stops the load and waits for its last create.
func (l *load) stopAndWait() {
	l.cancel()
	l.work.Wait()
}

// collectAttempts stops the load and returns its attempts. A load without a create of each mode proves nothing, so it fails the test.
func (l *load) collectAttempts(t *testing.T, p loadRate) []attempt {
	t.Helper()
	l.stopAndWait()
	for _, m := range append(slices.Clone(p.modes), modeDryRun) {
		if !slices.ContainsFunc(l.attempts, func(a attempt) bool { return a.mode == m && a.outcome == admitted }) {
			t.Errorf("load %s: no %s create was admitted, which proves nothing", l.base, m)
		}
	}
	return l.attempts
}

// maxShown bounds the refusals that are logged one by one.
const maxShown = 10

// requireSuccess fails the test for each failed create that mayFail does not excuse.
func (l *load) requireSuccess(t *testing.T, attempts []attempt, mayFail func(attempt) bool) {
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

func neverFails(attempt) bool { return false }

// listNamespaces returns the namespaces of a load that exist: a create can succeed although its client got no answer.
func (l *load) listNamespaces(ctx context.Context) ([]corev1.Namespace, error) {
	namespaces := &corev1.NamespaceList{}
	err := l.env.List(ctx, namespaces, client.MatchingLabels{loadLabel: l.labelValue()})
	return namespaces.Items, err
}
