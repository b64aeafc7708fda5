//go:build e2e

package e2e

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// burstOf is how many namespaces are created at once.
const burstOf = 500

// burst creates annotated namespaces all at once. None is refused, and each is populated.
func burst(t *testing.T, w *world) {
	l := &load{world: w, base: "burst", cancel: func() {}}
	var creates sync.WaitGroup
	ctx, began := w.context(t), time.Now()
	for i := range burstOf {
		creates.Go(func() { l.create(ctx, byAnnotation, fmt.Sprintf("burst-%d", i)) })
	}
	creates.Wait()
	created := time.Since(began)
	count := l.awaitPopulated(t)
	populated := time.Since(began)
	l.tolerates(t, l.attempts, never)
	if count != burstOf {
		t.Errorf("%d namespaces are there; want %d", count, burstOf)
	}
	counted := newTable()
	counted.add("burst", l.attempts)
	counted.print(t)
	t.Logf("%d namespaces were created in %s (%.0f a second) and populated in %s (%.0f a second)", count, created.Round(time.Millisecond),
		burstOf/created.Seconds(), populated.Round(time.Millisecond), burstOf/populated.Seconds())
}
