package fleet

import (
	"bytes"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/test/check"
)

func TestSummaries(t *testing.T) {
	sizes := map[string]storedContent{"pull-v1": {"sha256:1", 40 << 10}, "pull-v2": {"sha256:2", 2 << 10}, "other": {"sha256:3", 1 << 30}}
	baselines := []v1alpha1.Baseline{
		newBaseline(soaking),
		newBaseline(func(b *v1alpha1.Baseline) { b.Name = "logging" }, withReason(v1alpha1.ReasonRolledOut)),
		newBaseline(func(b *v1alpha1.Baseline) { b.Name = "plain" }),
		{ObjectMeta: metav1.ObjectMeta{Name: "new"}, Spec: v1alpha1.BaselineSpec{Backup: "none"}},
	}
	for name, test := range map[string]struct {
		format string
		sizes  map[string]storedContent
	}{
		"table": {"table", nil}, "wide": {"wide", sizes}, "wide-no-permission": {"wide", nil}, "yaml": {"yaml", sizes}, "json": {"json", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var summaries []baselineSummary
			for i := range baselines {
				summaries = append(summaries, newSummary(&baselines[i], test.sizes, noon))
			}
			var out bytes.Buffer
			o := &flag.ListOutput{Format: test.format}
			if err := o.Print(&out, "the fleet", summaries, func() *metav1.Table { return summaryTable(summaries, noon) }); err != nil {
				t.Fatal(err)
			}
			check.Golden(t, out.String(), "fleet", name+".txt")
		})
	}
}

func TestPinnedContentCountsOnce(t *testing.T) {
	baseline := newBaseline(func(b *v1alpha1.Baseline) {
		b.Status.History = append(b.Status.History, newRevision(5, "copy-of-v1", oldHash), newRevision(4, "gone", "dd"))
	})
	sizes := map[string]storedContent{"pull-v1": {"sha256:1", 40}, "copy-of-v1": {"sha256:1", 40}, "pull-v2": {"sha256:2", 2}}
	if got := sumPinned(&baseline, sizes); got != 42 {
		t.Errorf("%d bytes, want 42", got)
	}
}

func TestFormatCount(t *testing.T) {
	for count, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 12690: "12,690", 1234567: "1,234,567"} {
		if got := formatCount(count); got != want {
			t.Errorf("formatCount(%d) = %q, want %q", count, got, want)
		}
	}
}
