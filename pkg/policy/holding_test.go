package policy_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
)

// fakeFailures lists the baselines whose restore or update failed without a record.
type fakeFailures struct{ restores, updates []string }

func (f fakeFailures) HasFailed(baseline string) bool { return slices.Contains(f.restores, baseline) }

func (f fakeFailures) HasFailedUpdate(baseline string) bool {
	return slices.Contains(f.updates, baseline)
}

// newHeldFleet returns the compiled baselines web (Optional, app=web), guard (Required, everywhere), asked (by annotation, for
// team=a), gone (being deleted) and young (app=web, made later than the namespace).
func newHeldFleet() *policy.Set {
	deleted := metav1.NewTime(time.Unix(1900, 0))
	web := &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
	return policy.Compile([]v1alpha1.Baseline{
		{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: v1alpha1.BaselineSpec{NamespaceSelector: web}},
		{ObjectMeta: metav1.ObjectMeta{Name: "guard"}, Spec: v1alpha1.BaselineSpec{NamespaceSelector: &metav1.LabelSelector{}, Enforcement: v1alpha1.EnforcementRequired}},
		{ObjectMeta: metav1.ObjectMeta{Name: "asked"}, Spec: v1alpha1.BaselineSpec{AllowedNamespaces: &metav1.LabelSelector{MatchLabels: map[string]string{"team": "a"}}}},
		{ObjectMeta: metav1.ObjectMeta{Name: "gone", DeletionTimestamp: &deleted}, Spec: v1alpha1.BaselineSpec{NamespaceSelector: web}},
		{ObjectMeta: metav1.ObjectMeta{Name: "young", CreationTimestamp: metav1.NewTime(time.Unix(2000, 0))}, Spec: v1alpha1.BaselineSpec{NamespaceSelector: web}},
	})
}

// newHeldNamespace returns a namespace with the label app, and an annotation unless that is empty.
func newHeldNamespace(app, annotation string) *metav1.ObjectMeta {
	namespace := &metav1.ObjectMeta{Name: "team", CreationTimestamp: metav1.NewTime(time.Unix(1500, 0)), Labels: map[string]string{"app": app}}
	if annotation != "" {
		namespace.Annotations = map[string]string{v1alpha1.AnnotationBaseline: annotation}
	}
	return namespace
}

func TestHoldings(t *testing.T) {
	type holding struct {
		Baseline   string
		State      policy.HoldingState
		Kept       bool
		Drifted    bool
		HasRecord  bool
		Unreviewed bool
	}
	guard := policy.Held{Baseline: "guard"}
	for name, test := range map[string]struct {
		app, annotation string
		unreviewed      bool
		held            []policy.Held
		failures        fakeFailures
		want            []holding
	}{
		"nothing held": {app: "web", want: []holding{{Baseline: "guard", State: policy.HoldingPending}, {Baseline: "web", State: policy.HoldingPending}}},
		"updated, and something kept": {
			app: "web", held: []policy.Held{{Baseline: "web", Kept: true}, guard},
			want: []holding{{Baseline: "guard", State: policy.HoldingUpdated, HasRecord: true}, {Baseline: "web", State: policy.HoldingUpdated, Kept: true, HasRecord: true}},
		},
		"drifted": {
			app: "web", held: []policy.Held{{Baseline: "web", Outdated: true, Drifted: true}, {Baseline: "guard", Incomplete: true, Drifted: true}, {Baseline: "asked", Drifted: true}},
			want: []holding{
				{Baseline: "guard", State: policy.HoldingFailed, Drifted: true, HasRecord: true}, {Baseline: "web", State: policy.HoldingOutdated, Drifted: true, HasRecord: true},
				{Baseline: "asked", State: policy.HoldingReleased, HasRecord: true},
			},
		},
		"an update under way": {
			app: "db", held: []policy.Held{{Baseline: "guard", Incomplete: true, UnderWay: true, Kept: true}},
			want: []holding{{Baseline: "guard", State: policy.HoldingOutdated, Kept: true, HasRecord: true}},
		},
		"outdated, and something kept": {
			app: "db", held: []policy.Held{{Baseline: "guard", Outdated: true, Kept: true}},
			want: []holding{{Baseline: "guard", State: policy.HoldingOutdated, Kept: true, HasRecord: true}},
		},
		"incomplete, outdated, and something kept": {
			app: "db", held: []policy.Held{{Baseline: "guard", Incomplete: true, Outdated: true, Kept: true}},
			want: []holding{{Baseline: "guard", State: policy.HoldingFailed, HasRecord: true}},
		},
		"failures without a record": {
			app: "web", held: []policy.Held{guard}, failures: fakeFailures{restores: []string{"web"}, updates: []string{"guard"}},
			want: []holding{{Baseline: "guard", State: policy.HoldingFailed, HasRecord: true}, {Baseline: "web", State: policy.HoldingFailed}},
		},
		"a failure before the record": {
			app: "db", held: []policy.Held{guard}, failures: fakeFailures{restores: []string{"guard"}},
			want: []holding{{Baseline: "guard", State: policy.HoldingUpdated, HasRecord: true}},
		},
		"not selected any more": {
			app: "db", held: []policy.Held{{Baseline: "web", Incomplete: true, Kept: true}, guard},
			want: []holding{{Baseline: "guard", State: policy.HoldingUpdated, HasRecord: true}, {Baseline: "web", State: policy.HoldingReleased, HasRecord: true}},
		},
		"a key that is lost": {
			app: "web", held: []policy.Held{{Baseline: "web", KeyLost: true}, {Baseline: "guard", KeyLost: true}},
			want: []holding{{Baseline: "guard", State: policy.HoldingPending}, {Baseline: "web", State: policy.HoldingReleased, HasRecord: true}},
		},
		"an annotation that is not in force": {
			app: "db", annotation: "web", unreviewed: true, held: []policy.Held{guard, {Baseline: "web"}},
			want: []holding{{Baseline: "guard", State: policy.HoldingUpdated, HasRecord: true}, {Baseline: "web", State: policy.HoldingUpdated, HasRecord: true, Unreviewed: true}},
		},
		"an annotation that was never in force": {
			app: "db", annotation: "web", unreviewed: true, held: []policy.Held{guard},
			want: []holding{{Baseline: "guard", State: policy.HoldingUpdated, HasRecord: true}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []holding
			for _, each := range newHeldFleet().Holdings(newHeldNamespace(test.app, test.annotation), !test.unreviewed, test.held, test.failures) {
				got = append(got, holding{each.Baseline, each.State, each.Kept, each.Drifted, each.Held != nil, each.Unreviewed})
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNewHeld(t *testing.T) {
	baseline := &v1alpha1.Baseline{Status: v1alpha1.BaselineStatus{Digest: "d2", RevisionHash: "r2", ContentDigest: "c2"}}
	for name, test := range map[string]struct {
		change func(*v1alpha1.BaselineRecord)
		want   policy.Held
	}{
		"complete":        {func(*v1alpha1.BaselineRecord) {}, policy.Held{Baseline: "web"}},
		"an open restore": {func(r *v1alpha1.BaselineRecord) { r.Result.Phase = v1alpha1.PhasePartiallyFailed }, policy.Held{Baseline: "web", Incomplete: true}},
		"an open update": {func(r *v1alpha1.BaselineRecord) {
			r.Update = &v1alpha1.RestoreUpdate{CompletionTimestamp: &metav1.Time{}}
		}, policy.Held{Baseline: "web", Incomplete: true}},
		"an update under way": {func(r *v1alpha1.BaselineRecord) { r.Update = &v1alpha1.RestoreUpdate{} }, policy.Held{Baseline: "web", Incomplete: true, UnderWay: true}},
		"other content":       {func(r *v1alpha1.BaselineRecord) { r.Revision.Hash, r.Revision.ContentDigest = "r1", "c1" }, policy.Held{Baseline: "web", Outdated: true}},
		"drifted":             {func(r *v1alpha1.BaselineRecord) { r.Drift = &v1alpha1.RecordedDrift{Count: 1} }, policy.Held{Baseline: "web", Drifted: true}},
		"corrected":           {func(r *v1alpha1.BaselineRecord) { r.Drift = &v1alpha1.RecordedDrift{} }, policy.Held{Baseline: "web"}},
		"kept by a restore":   {func(r *v1alpha1.BaselineRecord) { r.Result.Counts.Kept = 1 }, policy.Held{Baseline: "web", Kept: true}},
		"kept by the update": {func(r *v1alpha1.BaselineRecord) {
			r.Update = &v1alpha1.RestoreUpdate{Phase: v1alpha1.PhaseCompleted, Counts: v1alpha1.UpdateCounts{Kept: 1}}
		}, policy.Held{Baseline: "web", Kept: true}},
	} {
		t.Run(name, func(t *testing.T) {
			record := &v1alpha1.BaselineRecord{
				ObjectMeta: metav1.ObjectMeta{Name: "web"}, Result: v1alpha1.RestoreResult{Phase: v1alpha1.PhaseCompleted},
				Revision: v1alpha1.RevisionContent{Hash: "r2", Digest: "d2", ContentDigest: "c2"},
			}
			test.change(record)
			test.want.Revision, test.want.ValuesHash = record.Revision.Hash, record.Revision.ValuesHash
			if diff := cmp.Diff(test.want, policy.NewHeld(baseline, record)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExplainRelease(t *testing.T) {
	for name, test := range map[string]struct{ app, annotation, baseline, want string }{
		"deleted":       {app: "web", baseline: "gone", want: `baseline "gone" is being deleted`},
		"not allowed":   {app: "web", annotation: "asked", baseline: "asked", want: `baseline "asked" is only for namespaces whose labels match its spec.allowedNamespaces (team=a)`},
		"not asked for": {app: "web", baseline: "asked", want: "neither its labels nor its annotation choose the baseline now"},
		"not selected":  {app: "db", baseline: "web", want: "neither its labels nor its annotation choose the baseline now"},
		"declined":      {app: "web", annotation: "none", baseline: "web", want: "its annotation seedbed.dev/baseline declines the baseline"},
		"older":         {app: "web", baseline: "young", want: "it is older than the baseline, whose existingNamespaces is Ignore"},
		"a lost key":    {app: "web", baseline: "web", want: "the key that sealed its record is lost"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := newHeldFleet().ExplainRelease(newHeldNamespace(test.app, test.annotation), true, test.baseline); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestCanHold(t *testing.T) {
	now := metav1.Now()
	for name, test := range map[string]struct {
		namespace metav1.ObjectMeta
		want      bool
	}{
		"team":            {metav1.ObjectMeta{Name: "team"}, true},
		"being deleted":   {metav1.ObjectMeta{Name: "team", DeletionTimestamp: &now}, false},
		"the system's":    {metav1.ObjectMeta{Name: "kube-system"}, false},
		"Seedbed's own":   {metav1.ObjectMeta{Name: "seedbed"}, false},
		"like a system's": {metav1.ObjectMeta{Name: "kube-anything"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := policy.CanHold(&test.namespace, "seedbed"); got != test.want {
				t.Errorf("%t, want %t", got, test.want)
			}
		})
	}
}
