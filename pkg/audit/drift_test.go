package audit

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func missing(key string) Object {
	return Object{ObjectResult: v1alpha1.ObjectResult{Object: key, Result: v1alpha1.ResultMissing}}
}

func changed(key, managers string) Object {
	return Object{ObjectResult: v1alpha1.ObjectResult{Object: key, Result: v1alpha1.ResultChanged, Reason: "data.a was changed by " + managers}, Managers: managers}
}

func results(list ...v1alpha1.ObjectResult) map[string]v1alpha1.ObjectResult {
	results := map[string]v1alpha1.ObjectResult{}
	for _, result := range list {
		results[result.Object] = result
	}
	return results
}

func corrections(list ...v1alpha1.DriftCorrection) *v1alpha1.RecordedDrift {
	return &v1alpha1.RecordedDrift{Corrections: list}
}

func TestNextDrift(t *testing.T) {
	const vpa = "vpa-updater"
	tests := map[string]struct {
		found     []Object
		previous  *v1alpha1.RecordedDrift
		corrected map[string]v1alpha1.ObjectResult
		// tried are the keys that are to be put back.
		tried []string
		want  *v1alpha1.RecordedDrift
	}{
		"nothing": {previous: corrections(v1alpha1.DriftCorrection{Object: "a", Count: 1})},
		"reported": {
			found: []Object{missing("a"), changed("b", vpa)}, tried: []string{"a", "b"},
			want: &v1alpha1.RecordedDrift{Count: 2, Objects: []v1alpha1.ObjectResult{missing("a").ObjectResult, changed("b", vpa).ObjectResult}},
		},
		"put back": {
			found: []Object{missing("a"), changed("b", vpa)}, tried: []string{"a", "b"},
			corrected: results(v1alpha1.ObjectResult{Object: "a", Result: v1alpha1.ResultCreated}, v1alpha1.ObjectResult{Object: "b", Result: v1alpha1.ResultUpdated}),
			want:      corrections(v1alpha1.DriftCorrection{Object: "a", Count: 1}, v1alpha1.DriftCorrection{Object: "b", Count: 1, Managers: vpa}),
		},
		"put back by others meanwhile": {
			found: []Object{changed("b", vpa)}, tried: []string{"b"}, corrected: results(v1alpha1.ObjectResult{Object: "b", Result: v1alpha1.ResultUnchanged}),
		},
		"put back again": {
			found: []Object{changed("b", vpa)}, previous: corrections(v1alpha1.DriftCorrection{Object: "b", Count: 2, Managers: vpa}), tried: []string{"b"},
			corrected: results(v1alpha1.ObjectResult{Object: "b", Result: v1alpha1.ResultUpdated}),
			want:      corrections(v1alpha1.DriftCorrection{Object: "b", Count: 3, Managers: vpa}),
		},
		"a fight": {
			found: []Object{changed("b", vpa)}, previous: corrections(v1alpha1.DriftCorrection{Object: "b", Count: 3, Managers: vpa}),
			want: &v1alpha1.RecordedDrift{Count: 1, Corrections: []v1alpha1.DriftCorrection{{Object: "b", Count: 3, Managers: vpa}}, Objects: []v1alpha1.ObjectResult{{
				Object: "b", Result: v1alpha1.ResultChanged, Reason: "data.a was changed by vpa-updater; left alone after 3 corrections in a row, because vpa-updater changed it again each time",
			}}},
		},
		"a fight with one that deletes": {
			found: []Object{missing("a")}, previous: corrections(v1alpha1.DriftCorrection{Object: "a", Count: 3}),
			want: &v1alpha1.RecordedDrift{Count: 1, Corrections: []v1alpha1.DriftCorrection{{Object: "a", Count: 3}}, Objects: []v1alpha1.ObjectResult{{
				Object: "a", Result: v1alpha1.ResultMissing, Reason: "left alone after 3 corrections in a row, because it was deleted again each time",
			}}},
		},
		"another manager after a fight": {
			found: []Object{changed("b", "kubectl-edit")}, previous: corrections(v1alpha1.DriftCorrection{Object: "b", Count: 3, Managers: vpa}), tried: []string{"b"},
			corrected: results(v1alpha1.ObjectResult{Object: "b", Result: v1alpha1.ResultUpdated}),
			want:      corrections(v1alpha1.DriftCorrection{Object: "b", Count: 1, Managers: "kubectl-edit"}),
		},
		"a refusal is no correction": {
			found: []Object{missing("a")}, previous: corrections(v1alpha1.DriftCorrection{Object: "a", Count: 1}), tried: []string{"a"},
			corrected: results(v1alpha1.ObjectResult{Object: "a", Result: v1alpha1.ResultFailed, Reason: "exceeded quota"}),
			want: &v1alpha1.RecordedDrift{Count: 1, Corrections: []v1alpha1.DriftCorrection{{Object: "a", Count: 1}}, Objects: []v1alpha1.ObjectResult{{
				Object: "a", Result: v1alpha1.ResultMissing, Reason: "not put back: exceeded quota",
			}}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			finding := &Finding{Objects: test.found}
			if tried := finding.ToCorrect(test.previous); !slices.Equal(tried, test.tried) {
				t.Errorf("to be put back: %q, want %q", tried, test.tried)
			}
			got := finding.NextDrift(test.previous, test.corrected, noon)
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(v1alpha1.RecordedDrift{}, "Hash", "ObservedTimestamp")); diff != "" {
				t.Errorf("drift (want, got): %s", diff)
			}
			later := finding.NextDrift(test.previous, test.corrected, noon.Add(time.Hour))
			if got != nil && (got.Hash == "" || got.Hash != later.Hash || !got.ObservedTimestamp.Time.Equal(noon)) {
				t.Errorf("hash %q, an hour later %q, observed at %s", got.Hash, later.Hash, got.ObservedTimestamp)
			}
		})
	}
}

func TestDriftIsBounded(t *testing.T) {
	var found []Object
	for i := range 100 {
		found = append(found, missing(string(rune('a'+i/26))+string(rune('a'+i%26))))
	}
	finding := &Finding{Objects: found}
	if tried := finding.ToCorrect(nil); len(tried) != v1alpha1.MaxDriftObjects {
		t.Errorf("%d objects are put back at a time", len(tried))
	}
	if drift := finding.NextDrift(nil, nil, noon); drift.Count != 100 || len(drift.Objects) != v1alpha1.MaxDriftObjects {
		t.Errorf("%d objects listed of %d", len(drift.Objects), drift.Count)
	}
}
