package audit

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/apply/merge"
	"seedbed.dev/seedbed/pkg/plan"
)

// compared returns the differences and the objects that were not compared, as lines.
func compared(t *testing.T, result *Comparison) (differing, left []string) {
	t.Helper()
	for _, difference := range result.Differences {
		line := difference.String()
		for _, field := range difference.Fields {
			line += " " + field
		}
		differing = append(differing, line)
		if difference.Manifest.Key != difference.Object.Object {
			t.Errorf("%s has the object %s", difference.Object.Object, difference.Manifest.Key)
		}
	}
	for _, result := range result.NotCompared {
		left = append(left, result.String())
	}
	return differing, left
}

func TestComparisonDecidesAsAnAudit(t *testing.T) {
	changed := apply.Drift{State: apply.DriftChanged, Reason: "data.a was changed by kubectl", Fields: []merge.Path{{{Name: "data"}, {Name: "a/b"}}}}
	disowned := apply.Drift{State: apply.DriftDisowned, Reason: "lacks the label x"}
	missing := apply.Drift{State: apply.DriftMissing}
	required := v1alpha1.BaselineSpec{Enforcement: v1alpha1.EnforcementRequired}
	for name, test := range map[string]struct {
		edit         func(c *fakeCluster)
		spec         v1alpha1.BaselineSpec
		objects      int
		differ, left []string
	}{
		"as Seedbed left it": {objects: 4},
		"changed": {
			edit: func(c *fakeCluster) { c.drifts[settings] = changed }, objects: 4,
			differ: []string{settings + ": Changed: data.a was changed by kubectl /data/a~1b"},
		},
		"missing": {edit: func(c *fakeCluster) { c.drifts[web] = missing }, objects: 4, differ: []string{web + ": Missing"}},
		"disowned": {
			edit: func(c *fakeCluster) { c.drifts[settings] = disowned }, objects: 3, left: []string{settings + ": Disowned: lacks the label x"},
		},
		"disowned, of a Required baseline": {
			edit: func(c *fakeCluster) { c.drifts[settings] = disowned }, spec: required, objects: 4,
			differ: []string{settings + ": Disowned: lacks the label x /metadata/labels/seedbed.dev~1baseline"},
		},
		"kept by the restore": {
			edit: func(c *fakeCluster) { c.keep(settings, v1alpha1.ResultKept); c.drifts[settings] = changed }, objects: 3,
			left: []string{settings + ": Kept: the restore or the last update left it alone"},
		},
		"there before the restore, and gone": {
			edit: func(c *fakeCluster) { c.keep(settings, v1alpha1.ResultUnchanged); c.drifts[settings] = missing }, objects: 3,
		},
		"there before the restore, and changed": {
			edit: func(c *fakeCluster) { c.keep(settings, v1alpha1.ResultUnchanged); c.drifts[settings] = changed }, objects: 4,
			differ: []string{settings + ": Changed: data.a was changed by kubectl /data/a~1b"},
		},
		"an object that cannot be read": {
			edit: func(c *fakeCluster) {
				c.keep(settings, v1alpha1.ResultKept)
				c.drifts[web] = apply.Drift{Err: errors.New("the cluster does not serve it")}
			}, objects: 2,
			left: []string{web + ": Failed: the cluster does not serve it", settings + ": Kept: the restore or the last update left it alone"},
		},
		"an object that may differ": {
			edit: func(c *fakeCluster) { c.drifts[settings] = changed }, objects: 3, left: []string{settings + ": Skipped: spec.driftIgnore lets it differ"},
			spec: v1alpha1.BaselineSpec{DriftIgnore: []v1alpha1.DriftIgnoreRule{{Kind: "ConfigMap"}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			if test.edit != nil {
				test.edit(c)
			}
			result, err := (&Comparer{Plans: c, Objects: c, Records: c}).CompareHeld(t.Context(), c.holder(test.spec))
			if err != nil {
				t.Fatal(err)
			}
			differ, left := compared(t, result)
			if diff := cmp.Diff(test.differ, differ); diff != "" {
				t.Errorf("differences (want, got): %s", diff)
			}
			if diff := cmp.Diff(test.left, left); diff != "" {
				t.Errorf("not compared (want, got): %s", diff)
			}
			if result.Compared != test.objects {
				t.Errorf("%d objects were compared, want %d", result.Compared, test.objects)
			}
		})
	}
}

// Values that Seedbed itself wrote differ from those of another content.
func TestComparisonWithAnotherContentTrustsNoManager(t *testing.T) {
	c := newCluster(t)
	holder := c.holder(v1alpha1.BaselineSpec{})
	holder.Record = nil
	if _, err := (&Comparer{Plans: c, Objects: c, Records: c}).CompareContent(t.Context(), holder, plan.Spec{Backup: "b", Digest: "d"}); err != nil {
		t.Fatal(err)
	}
	for key, inspection := range c.inspections {
		if before := inspection.WrittenBefore; before.IsZero() || !before.Before(written) {
			t.Errorf("%s counts as Seedbed's own if it was written before %v", key, before)
		}
	}
	if len(c.inspections) != len(allKeys) || c.recordReads > 0 {
		t.Errorf("%d objects were compared, and the record was read %d times", len(c.inspections), c.recordReads)
	}
}

func TestComparisonOfAnOutdatedRecordFails(t *testing.T) {
	c := newCluster(t)
	c.record = nil
	if _, err := (&Comparer{Plans: c, Objects: c, Records: c}).CompareHeld(t.Context(), newCluster(t).holder(v1alpha1.BaselineSpec{})); !errors.Is(err, errOutdated) {
		t.Errorf("error %v", err)
	}
}

// The end of the time for an answer is no failure of the object that was read then.
func TestComparisonEndsWithItsContext(t *testing.T) {
	c := newCluster(t)
	ctx, cancel := context.WithCancel(t.Context())
	c.onInspect = cancel
	if _, err := (&Comparer{Plans: c, Objects: c, Records: c}).CompareHeld(ctx, c.holder(v1alpha1.BaselineSpec{})); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
