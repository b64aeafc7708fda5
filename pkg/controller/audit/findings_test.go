package audit

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/audit"
)

func findingIn(namespace string) audit.Finding {
	return audit.Finding{Holder: audit.Holder{Namespace: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}}}
}

func TestFindingsAreHandedOutAFewAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewFindings()
		put := 0
		go func() {
			for i := range maxFindings + 1 {
				if err := f.put(t.Context(), findingIn(fmt.Sprint(i))); err != nil {
					t.Error(err)
				}
				put++
			}
		}()
		synctest.Wait()
		if put != maxFindings || len(f.names) != maxFindings {
			t.Fatalf("%d put, %d names", put, len(f.names))
		}
		if taken := f.Take("0"); len(taken) != 1 {
			t.Errorf("taken %v", taken)
		}
		if again := f.Take("0"); len(again) != 0 {
			t.Errorf("taken again: %v", again)
		}
		synctest.Wait()
		if put != maxFindings {
			t.Errorf("%d put while the first is acted on", put)
		}
		<-f.names
		f.End("0")
		f.End("none")
		synctest.Wait()
		if put != maxFindings+1 {
			t.Errorf("%d put after its end", put)
		}
	})
}

func TestFindingsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewFindings()
		if err := f.put(t.Context(), findingIn("a")); err != nil {
			t.Fatal(err)
		}
		if err := f.put(t.Context(), findingIn("a")); err != nil { // of another baseline
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := f.awaitEnd(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("ended before they were taken: %v", err)
		}
		if taken := f.Take("a"); len(taken) != 2 {
			t.Errorf("taken %d", len(taken))
		}
		time.AfterFunc(time.Second, func() { f.End("a") })
		if err := f.awaitEnd(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestIntervalGrowsWhileAuditsTakeLong(t *testing.T) {
	const first = 10 * time.Minute
	tests := map[string]struct{ present, worked, want time.Duration }{
		"short":                       {first, 6 * time.Second, first},
		"more than a hundredth":       {first, 7 * time.Second, 2 * first},
		"much more":                   {first, 30 * time.Second, 8 * first},
		"between the two bounds":      {4 * first, 7 * time.Second, 4 * first},
		"short again":                 {8 * first, 10 * time.Second, 4 * first},
		"nothing to do, not below it": {8 * first, 0, first},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := nextInterval(first, test.present, test.worked); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
	if got := nextInterval(first, first, 10*time.Hour); got < maxInterval || got > 2*maxInterval {
		t.Errorf("%s after an audit that asked for ten hours", got)
	}
}
