package rollout

import (
	"testing"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestUndoTarget(t *testing.T) {
	history := func(revisions ...v1alpha1.BaselineRevision) func(*v1alpha1.Baseline) {
		return func(b *v1alpha1.Baseline) { b.Status.History = revisions }
	}
	rolledOut := func(r v1alpha1.BaselineRevision) v1alpha1.BaselineRevision {
		r.RolledOutTimestamp = at(0)
		return r
	}
	ofOtherMetadata := newRevision(6, "pull-v2", "6")
	ofOtherMetadata.NamespaceMetadata = &v1alpha1.NamespaceMetadata{Labels: []string{"team"}}
	ofOtherValues := newRevision(6, "pull-v2", "6")
	ofOtherValues.Values = []v1alpha1.BaselineValue{{Path: "/data/x"}}
	for name, test := range map[string]struct {
		set    func(*v1alpha1.Baseline)
		number int64
		want   int64
		err    string
	}{
		"the one before":             {want: 6},
		"one by number":              {set: history(newRevision(7, "pull-v2", "7"), newRevision(6, "x", "6"), newRevision(5, "y", "5")), number: 5, want: 5},
		"not one that failed":        {set: history(newRevision(7, "pull-v2", "7"), newRevision(6, "bad", "6"), rolledOut(newRevision(5, "pull-v1", "5"))), want: 5},
		"not its own content again":  {set: history(newRevision(7, "pull-v2", "7"), newRevision(6, "bad", "6"), rolledOut(newRevision(5, "pull-v2", "7"))), err: "baseline \"web\" has no other revision that was rolled out: choose with --to-revision one of `seedbed baseline rollout history web`, or set a backup with `seedbed baseline set web --backup BACKUP`"},
		"a spec that is no revision": {set: func(b *v1alpha1.Baseline) { b.Spec.Backup = "broken"; b.Status.History[0].RolledOutTimestamp = at(0) }, want: 7},
		"another mapping": {set: func(b *v1alpha1.Baseline) {
			b.Spec.Mapping = v1alpha1.MappingReferencesAndText
			b.Status.History[0].RolledOutTimestamp = at(0)
		}, want: 7},
		"another source": {set: func(b *v1alpha1.Baseline) {
			b.Spec.SourceNamespace = "bar"
			b.Status.History[0].RolledOutTimestamp = at(0)
		}, want: 7},
		"other metadata":              {set: history(newRevision(7, "pull-v2", "7"), rolledOut(ofOtherMetadata)), want: 6},
		"other values":                {set: history(newRevision(7, "pull-v2", "7"), rolledOut(ofOtherValues)), want: 6},
		"the present one":             {number: 7, err: "revision 7 is the present one of baseline \"web\": choose another of `seedbed baseline rollout history web`"},
		"an unknown one":              {number: 9, err: `baseline "web" has no revision 9 in its history: it has 7, 6`},
		"no history":                  {set: history(), err: "baseline \"web\" has no history to go back in: set its backup with `seedbed baseline set web --backup BACKUP`"},
		"no history, one by number":   {set: history(), number: 3, err: "baseline \"web\" has no history to go back in: set its backup with `seedbed baseline set web --backup BACKUP`"},
		"a failed one, if it is said": {set: history(newRevision(7, "pull-v2", "7"), newRevision(6, "bad", "6")), number: 6, want: 6},
	} {
		t.Run(name, func(t *testing.T) {
			baseline := newBaseline()
			if test.set != nil {
				test.set(baseline)
			}
			got, err := undoTarget("seedbed", baseline, test.number)
			switch {
			case test.err != "":
				if err == nil || err.Error() != test.err {
					t.Errorf("error %v, want %s", err, test.err)
				}
			case err != nil:
				t.Error(err)
			case got.Revision != test.want:
				t.Errorf("revision %d, want %d", got.Revision, test.want)
			}
		})
	}
}
