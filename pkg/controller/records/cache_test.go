package records

import (
	"testing"
	"time"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/seal"
)

// fakeSealer takes one seal for good and another for lost.
type fakeSealer struct{}

func (fakeSealer) Seal(record *v1alpha1.BaselineRecord) error { record.Seal = "genuine"; return nil }

func (fakeSealer) SealUpdate(record *v1alpha1.BaselineRecord, _ seal.ResultDigest) error {
	record.Seal = "genuine"
	return nil
}

func (fakeSealer) LostSince() time.Time { return time.Time{} }

func (fakeSealer) Verify(record *v1alpha1.BaselineRecord) seal.Verdict {
	switch record.Seal {
	case "genuine":
		return seal.Good
	case "old":
		return seal.Lost
	}
	return seal.Forged
}

func TestTrimCachedKeepsTheVerdict(t *testing.T) {
	trim := TrimCached(fakeSealer{})
	for sealed, want := range map[string]seal.Verdict{
		"genuine": seal.Good, "old": seal.Lost, "": seal.Forged, "good": seal.Forged, "someone:good": seal.Forged,
	} {
		record := &v1alpha1.BaselineRecord{Seal: sealed, Result: v1alpha1.RestoreResult{
			Pending: []string{"configmaps/a"}, Warnings: []string{"w"}, Errors: []string{"first", "second"},
			Objects: []v1alpha1.ObjectResult{{Object: "configmaps/a", Result: v1alpha1.ResultFailed}},
		}}
		for range 2 { // as informers may
			if _, err := trim(record); err != nil {
				t.Fatal(err)
			}
		}
		if got := CachedVerdict(record); got != want {
			t.Errorf("seal %q: verdict %s, want %s", sealed, got, want)
		}
		if r := record.Result; r.Pending != nil || r.Warnings != nil || r.Objects != nil || len(r.Errors) != 1 {
			t.Errorf("seal %q: the lists are kept: %+v", sealed, r)
		}
	}
	if got := CachedVerdict(&v1alpha1.BaselineRecord{Seal: "genuine"}); got != seal.Forged {
		t.Errorf("a record that was never judged is %s", got)
	}
}
