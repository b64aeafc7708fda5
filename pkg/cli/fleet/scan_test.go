package fleet

import (
	"bytes"
	"cmp"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/resource"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/test/check"
)

// scanFixtures returns the rows of a namespace in each state, and of some that hold nothing.
func scanFixtures(states stateFilter) []namespaceRow {
	const marked = "a-refusal"
	logging := newBaseline(func(b *v1alpha1.Baseline) { b.Name, b.Spec.NamespaceSelector = "logging", nil })
	s := newScan(nil, "seedbed", []v1alpha1.Baseline{newBaseline(), logging}, &states, nil)
	s.ownNamespace = "seedbed-system"
	deleted := at(0)
	for _, record := range []*v1alpha1.BaselineRecord{
		newRecord("updated"),
		newRecord("kept", updated(result("secrets/pull", v1alpha1.ResultKept, "data..dockerconfigjson changed by kubectl-edit"))),
		newRecord("kept-at-first", func(r *v1alpha1.BaselineRecord) {
			r.Result.Counts.Kept, r.Result.Objects = 1, []v1alpha1.ObjectResult{result("secrets/pull", v1alpha1.ResultKept, "was already there and differs")}
		}),
		newRecord("kept-outdated", outdated, func(r *v1alpha1.BaselineRecord) { r.Result.Counts.Kept = 5 }),
		newRecord("outdated", outdated),
		newRecord("outdated-long", func(r *v1alpha1.BaselineRecord) { r.Revision = newRevision(1, "pull-v0", "cc").RevisionContent }),
		newRecord("failed", updated(result("secrets/pull", v1alpha1.ResultFailed, "forbidden:\nno \x1b[31mway"))),
		newRecord("failed-at-first", func(r *v1alpha1.BaselineRecord) {
			r.Result.Phase, r.Result.Errors = v1alpha1.PhasePartiallyFailed, []string{"a: no", "b: no", "c: no", "d: no"}
		}),
		newRecord("released"), newRecord("declined"), newRecord(marked),
		newRecord("gone", func(r *v1alpha1.BaselineRecord) { r.DeletionTimestamp = deleted }),
		newRecord("terminating"),
		newRecord("other", func(r *v1alpha1.BaselineRecord) { r.Name = "unknown" }),
	} {
		s.addRecord(record)
	}
	namespaces := []*corev1.Namespace{
		newNamespace("failed-twice", notReady(v1alpha1.ReasonRestoreFailed, "baseline web: its content is damaged")),
		newNamespace("gone"),
		newNamespace("waiting", notReady(v1alpha1.ReasonBaselineNotReady, "baseline web waits for its backup pull-v2, which is InProgress")),
		newNamespace("released", func(n *corev1.Namespace) { n.Labels = nil }),
		newNamespace("declined", func(n *corev1.Namespace) { n.Annotations = map[string]string{v1alpha1.AnnotationBaseline: "none"} }),
		newNamespace("asked", asking("logging")),
		newNamespace("refused", asking("logging"), notReady(v1alpha1.ReasonNotAuthorized, "ask again")),
		newNamespace(marked, asking("web"), func(n *corev1.Namespace) {
			n.Annotations[v1alpha1.AnnotationNotAuthorized] = policy.AnnotationDigest(n)
		}),
		newNamespace("terminating", func(n *corev1.Namespace) { n.DeletionTimestamp = deleted }),
		newNamespace("other", func(n *corev1.Namespace) { n.Labels = nil }),
		newNamespace("old", func(n *corev1.Namespace) { n.CreationTimestamp = *at(-48 * time.Hour) }),
		newNamespace("seedbed-system"), newNamespace("kube-system"),
	}
	for _, name := range []string{"updated", "kept", "kept-at-first", "kept-outdated", "outdated", "outdated-long", "failed", "failed-at-first"} {
		namespaces = append(namespaces, newNamespace(name))
	}
	for _, namespace := range namespaces {
		s.addNamespace(namespace)
	}
	slices.SortFunc(s.rows, func(a, b namespaceRow) int { return cmp.Compare(a.Namespace, b.Namespace) })
	return s.rows
}

func TestNamespaces(t *testing.T) {
	for _, format := range []string{"table", "wide", "yaml", "json"} {
		t.Run(format, func(t *testing.T) {
			var out bytes.Buffer
			rows := scanFixtures(stateFilter{})
			o := &flag.ListOutput{Format: format}
			if err := o.Print(&out, "the namespaces", rows, func() *metav1.Table { return rowsTable(rows, noon) }); err != nil {
				t.Fatal(err)
			}
			check.Golden(t, out.String(), "namespaces", format+".txt")
		})
	}
}

func TestStateFilter(t *testing.T) {
	for name, test := range map[string]struct {
		states stateFilter
		want   []string
	}{
		"updated":           {stateFilter{updated: true}, []string{"a-refusal", "kept", "kept-at-first", "updated"}},
		"outdated":          {stateFilter{outdated: true}, []string{"kept-outdated", "outdated", "outdated-long"}},
		"kept":              {stateFilter{kept: true}, []string{"kept", "kept-at-first", "kept-outdated"}},
		"failed":            {stateFilter{failed: true}, []string{"failed", "failed-at-first", "failed-twice"}},
		"pending":           {stateFilter{pending: true}, []string{"asked", "gone", "waiting"}},
		"released":          {stateFilter{released: true}, []string{"declined", "released"}},
		"kept and failed":   {stateFilter{kept: true, failed: true}, []string{"failed", "failed-at-first", "failed-twice", "kept", "kept-at-first", "kept-outdated"}},
		"outdated and kept": {stateFilter{outdated: true, kept: true}, []string{"kept", "kept-at-first", "kept-outdated", "outdated", "outdated-long"}},
		"pending, released": {stateFilter{pending: true, released: true}, []string{"asked", "declined", "gone", "released", "waiting"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, row := range scanFixtures(test.states) {
				got = append(got, row.Namespace)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}

func TestHeldRecordKeepsNoLists(t *testing.T) {
	record := newRecord("kept", updated(result("secrets/pull", v1alpha1.ResultKept, "data changed by kubectl-edit"), result("services/web", v1alpha1.ResultUpdated, "")))
	baseline := newBaseline()
	held := newHeldRecord(&baseline, record)
	if want := resource.JoinReasons(resource.KeptReasons(record)); held.kept != want || held.failure != "" {
		t.Errorf("kept %q, failure %q; want %q and none", held.kept, held.failure, want)
	}
}
