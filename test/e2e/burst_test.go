//go:build e2e

package e2e

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// burstOf is the number of namespaces that are created at once.
const burstOf = 500

// testBurst creates annotated namespaces all at once. None is refused, and each is populated.
func testBurst(t *testing.T, e *env) {
	l := &load{env: e, base: "burst", cancel: func() {}}
	var creates sync.WaitGroup
	ctx, began := e.newContext(t), time.Now()
	for i := range burstOf {
		creates.Go(func() { l.createNamespace(ctx, modeAnnotated, fmt.Sprintf("burst-%d", i)) })
	}
	creates.Wait()
	created := time.Since(began)
	count := l.awaitPopulated(t)
	populated := time.Since(began)
	l.requireSuccess(t, l.attempts, neverFails)
	if count != burstOf {
		t.Errorf("%d namespaces are there; want %d", count, burstOf)
	}
	counted := newOutcomeTable()
	counted.addPhase("burst", l.attempts)
	counted.logTo(t)
	t.Logf("%d namespaces were created in %s (%.0f a second) and populated in %s (%.0f a second)", count, created.Round(time.Millisecond),
		burstOf/created.Seconds(), populated.Round(time.Millisecond), burstOf/populated.Seconds())
}
