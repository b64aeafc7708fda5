package metrics

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestEverySeriesIsRecordedAndWellNamed(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	recorder, err := NewRecorder(registry)
	if err != nil {
		t.Fatal(err)
	}
	recorder.Admission("authorize", "denied", time.Millisecond)
	recorder.Hint(true)
	recorder.Hint(false)
	recorder.WebhookRejected("path")
	recorder.Restore("Completed", time.Millisecond, map[string]int{"created": 3})
	recorder.Update("Completed")
	recorder.UpdatedObjects("fast", 2)
	recorder.NamespaceReady(time.Second)
	recorder.PlanCache(42)
	recorder.PlanLookup("hit")
	recorder.Backup("Completed", time.Second)
	recorder.ServingCertificate(time.Unix(1, 0))
	recorder.Preview("Answered", time.Second)
	recorder.Baseline("web", true, map[string]int32{"updated": 1}, 1, "Soaking")
	recorder.Corrected("updated")
	recorder.Audit(time.Unix(1, 0), time.Second, time.Minute)

	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	if want := len(newSeries().collectors()); len(families) != want {
		t.Errorf("%d series after one call of each verb, want all %d", len(families), want)
	}
	if got := testutil.ToFloat64(recorder.series.objects.WithLabelValues("created")); got != 3 {
		t.Errorf("created objects = %v, want 3", got)
	}
	problems, err := testutil.GatherAndLint(registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("promlint: %v %v", problems, err)
	}
}

func TestRegisteringTwiceIsAnError(t *testing.T) {
	registry := prometheus.NewRegistry()
	if _, err := NewRecorder(registry); err != nil {
		t.Fatal(err)
	}
	if _, err := NewRecorder(registry); err == nil {
		t.Error("the second registration of the same series succeeded")
	}
}
