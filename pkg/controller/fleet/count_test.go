package fleet

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/records"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/seal"
)

// countedBaseline returns an Optional baseline for namespaces labelled app=web, at revision r2.
func countedBaseline(change func(*v1alpha1.Baseline)) v1alpha1.Baseline {
	baseline := v1alpha1.Baseline{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: v1alpha1.BaselineSpec{
			Backup: "b2", NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}},
		},
		Status: v1alpha1.BaselineStatus{Digest: "d2", RevisionHash: "r2", ContentDigest: "c2"},
	}
	if change != nil {
		change(&baseline)
	}
	return baseline
}

// countedRecord returns the cached record of a complete restore of countedBaseline.
func countedRecord(change func(*v1alpha1.BaselineRecord)) *v1alpha1.BaselineRecord {
	record := &v1alpha1.BaselineRecord{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "team", Name: "web", OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Namespace", Name: "team", UID: "1"}},
		},
		Seal: records.CachedSeal(seal.Good),
		Result: v1alpha1.RestoreResult{
			Phase: v1alpha1.PhaseCompleted, Backup: "b2", Digest: "d2", RevisionHash: "r2", ContentDigest: "c2",
		},
	}
	if change != nil {
		change(record)
	}
	return record
}

// fakeAttempts are the same for every namespace.
type fakeAttempts struct {
	failed       bool
	failedUpdate string
}

func (a fakeAttempts) HasFailed(*corev1.Namespace, string) bool { return a.failed }

func (a fakeAttempts) HasFailedUpdate(_ *corev1.Namespace, _, revisionHash string) bool {
	return a.failedUpdate != "" && a.failedUpdate == revisionHash
}

func TestEveryHolderIsCountedByItsState(t *testing.T) {
	lost := metav1.NewTime(time.Unix(1000, 0))
	annotated := map[string]string{v1alpha1.AnnotationBaseline: "web"}
	tests := map[string]struct {
		baseline  func(*v1alpha1.Baseline)
		record    *v1alpha1.BaselineRecord
		namespace metav1.ObjectMeta // of namespace team; its labels are app=web where it has neither labels nor annotations
		reviewed  bool
		failed    bool
		// failedUpdate is the hash of the revision that an update without a record failed to bring.
		failedUpdate string
		want         fleetStatus
		holder       policy.HolderState
	}{
		"no record yet":               {want: fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, PendingNamespaces: 1}}},
		"attempts that no record has": {failed: true, want: fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, FailedNamespaces: 1}}},
		"up to date":                  {record: countedRecord(nil), holder: policy.HolderUpdated, want: fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, UpdatedNamespaces: 1}}},
		"something left undone":       {record: countedRecord(func(r *v1alpha1.BaselineRecord) { r.Result.Phase = v1alpha1.PhasePartiallyFailed }), holder: policy.HolderFailed, want: fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, FailedNamespaces: 1}}},
		"another revision, equal content": {
			record: countedRecord(func(r *v1alpha1.BaselineRecord) { r.Result.Digest, r.Result.RevisionHash = "d1", "r1" }),
			holder: policy.HolderUpdated, want: fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, UpdatedNamespaces: 1}},
		},
		"the same revision, cleaned by another version": {
			record: countedRecord(func(r *v1alpha1.BaselineRecord) { r.Result.ContentDigest = "c1" }),
			holder: policy.HolderUpdated, want: fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, UpdatedNamespaces: 1}},
		},
		"another revision and content": {
			record: countedRecord(func(r *v1alpha1.BaselineRecord) { r.Result.RevisionHash, r.Result.ContentDigest = "r1", "c1" }),
			holder: policy.HolderOutdated, want: fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, OutdatedNamespaces: 1}},
		},
		"a record from before there were revisions": {
			record: countedRecord(func(r *v1alpha1.BaselineRecord) { r.Result.RevisionHash, r.Result.ContentDigest = "", "" }),
			holder: policy.HolderUpdated, want: fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, UpdatedNamespaces: 1}},
		},
		"an older record of another digest": {
			record: countedRecord(func(r *v1alpha1.BaselineRecord) {
				r.Result.RevisionHash, r.Result.ContentDigest, r.Result.Digest = "", "", "d1"
			}),
			holder: policy.HolderOutdated, want: fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, OutdatedNamespaces: 1}},
		},
		"the baseline's new backup cannot be read yet": {
			baseline: func(b *v1alpha1.Baseline) { b.Spec.Backup, b.Status = "b3", v1alpha1.BaselineStatus{} },
			record:   countedRecord(nil),
			holder:   policy.HolderOutdated, want: fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, OutdatedNamespaces: 1}},
		},
		"something kept": {
			record: countedRecord(func(r *v1alpha1.BaselineRecord) { r.Result.Counts.Kept = 2 }),
			holder: policy.HolderUpdated, want: fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, UpdatedNamespaces: 1, KeptNamespaces: 1}},
		},
		"something drifted": {
			record: countedRecord(func(r *v1alpha1.BaselineRecord) { r.Drift = &v1alpha1.RecordedDrift{Count: 2} }),
			holder: policy.HolderUpdated, want: fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, UpdatedNamespaces: 1, DriftedNamespaces: 1}},
		},
		"an update to the present revision": {
			record: countedRecord(func(r *v1alpha1.BaselineRecord) {
				r.Result.RevisionHash, r.Result.ContentDigest = "r1", "c1"
				r.Revision = v1alpha1.RevisionContent{Hash: "r2", Digest: "d2", ContentDigest: "c2"}
				r.Update = &v1alpha1.RestoreUpdate{Phase: v1alpha1.PhaseCompleted, Counts: v1alpha1.UpdateCounts{Kept: 1}}
			}),
			holder: policy.HolderUpdated, want: fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, UpdatedNamespaces: 1, KeptNamespaces: 1}},
		},
		"an update that left something undone": {
			record: countedRecord(func(r *v1alpha1.BaselineRecord) {
				r.Revision = v1alpha1.RevisionContent{Hash: "r2", Digest: "d2", ContentDigest: "c2"}
				r.Update = &v1alpha1.RestoreUpdate{Phase: v1alpha1.PhasePartiallyFailed, CompletionTimestamp: &lost}
			}),
			holder: policy.HolderFailed, want: fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, FailedNamespaces: 1}},
		},
		"an update under way": {
			record: countedRecord(func(r *v1alpha1.BaselineRecord) {
				r.Revision = v1alpha1.RevisionContent{Hash: "r2", Digest: "d2", ContentDigest: "c2"}
				r.Update = &v1alpha1.RestoreUpdate{Phase: v1alpha1.PhasePartiallyFailed, Recreate: []string{"configmaps/a"}}
			}),
			holder: policy.HolderOutdated, want: fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, OutdatedNamespaces: 1}},
		},
		"an update under way that fails": {
			record: countedRecord(func(r *v1alpha1.BaselineRecord) {
				r.Revision = v1alpha1.RevisionContent{Hash: "r2", Digest: "d2", ContentDigest: "c2"}
				r.Update = &v1alpha1.RestoreUpdate{Phase: v1alpha1.PhasePartiallyFailed, Recreate: []string{"configmaps/a"}}
			}),
			failed: true, holder: policy.HolderFailed, want: fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, FailedNamespaces: 1}},
		},
		"an incomplete update to an older revision": {
			record: countedRecord(func(r *v1alpha1.BaselineRecord) {
				r.Revision = v1alpha1.RevisionContent{Hash: "r1", Digest: "d1", ContentDigest: "c1"}
				r.Update = &v1alpha1.RestoreUpdate{Phase: v1alpha1.PhasePartiallyFailed, CompletionTimestamp: &lost}
			}),
			holder: policy.HolderOutdated, want: fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, FailedNamespaces: 1}},
		},
		"an update that failed without a record": {
			record:       countedRecord(func(r *v1alpha1.BaselineRecord) { r.Result.RevisionHash, r.Result.ContentDigest = "r1", "c1" }),
			failedUpdate: "r2", holder: policy.HolderFailed, want: fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, FailedNamespaces: 1}},
		},
		"an update to an older revision that failed without a record": {
			record:       countedRecord(func(r *v1alpha1.BaselineRecord) { r.Result.RevisionHash, r.Result.ContentDigest = "r0", "c0" }),
			failedUpdate: "r1", holder: policy.HolderOutdated, want: fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, OutdatedNamespaces: 1}},
		},
		"another revision whose content this version compiles to the same": {
			baseline: func(b *v1alpha1.Baseline) {
				b.Status.History = []v1alpha1.BaselineRevision{{RevisionContent: v1alpha1.RevisionContent{Hash: "r1", ContentDigest: "c2"}}}
			},
			record: countedRecord(func(r *v1alpha1.BaselineRecord) { r.Result.RevisionHash, r.Result.ContentDigest = "r1", "c1" }),
			holder: policy.HolderUpdated, want: fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, UpdatedNamespaces: 1}},
		},
		"a record on its way out": {
			record: countedRecord(func(r *v1alpha1.BaselineRecord) { r.DeletionTimestamp = &lost }),
			want:   fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, PendingNamespaces: 1}},
		},
		"a forged record": {
			record: countedRecord(func(r *v1alpha1.BaselineRecord) { r.Seal = records.CachedSeal(seal.Forged) }),
			want:   fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, PendingNamespaces: 1}},
		},
		"a record of an earlier namespace of that name": {
			record: countedRecord(func(r *v1alpha1.BaselineRecord) { r.OwnerReferences[0].UID = "0" }),
			want:   fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, PendingNamespaces: 1}},
		},
		"not selected and holding nothing": {namespace: metav1.ObjectMeta{Labels: map[string]string{"app": "db"}}},
		"not selected any more": {
			namespace: metav1.ObjectMeta{Labels: map[string]string{"app": "db"}}, record: countedRecord(nil),
			want: fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{ReleasedNamespaces: 1}},
		},
		"older than a baseline that was made anew": {
			baseline: func(b *v1alpha1.Baseline) { b.CreationTimestamp = metav1.NewTime(time.Unix(2000, 0)) },
			record:   countedRecord(nil), want: fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{ReleasedNamespaces: 1}},
		},
		"closed to it since": {
			baseline: func(b *v1alpha1.Baseline) {
				b.Spec.NamespaceSelector, b.Spec.AllowedNamespaces = nil, &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}
			},
			namespace: metav1.ObjectMeta{Annotations: annotated}, reviewed: true, record: countedRecord(nil),
			want: fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{ReleasedNamespaces: 1}},
		},
		"an annotation that is not in force now": {
			namespace: metav1.ObjectMeta{Annotations: annotated}, record: countedRecord(nil),
			want: fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, UpdatedNamespaces: 1}},
		},
		"an annotation that was never reviewed": {namespace: metav1.ObjectMeta{Annotations: annotated}},
		"keys lost, Optional": {
			record: countedRecord(func(r *v1alpha1.BaselineRecord) { r.Seal = records.CachedSeal(seal.Lost) }),
			want:   fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{ReleasedNamespaces: 1}, keyLost: &lost},
		},
		"keys lost, Required": {
			baseline: func(b *v1alpha1.Baseline) { b.Spec.Enforcement = v1alpha1.EnforcementRequired },
			record:   countedRecord(func(r *v1alpha1.BaselineRecord) { r.Seal = records.CachedSeal(seal.Lost) }),
			want:     fleetStatus{NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 1, PendingNamespaces: 1}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			namespace := corev1.Namespace{ObjectMeta: test.namespace}
			namespace.Name, namespace.UID, namespace.CreationTimestamp = "team", types.UID("1"), metav1.NewTime(time.Unix(1500, 0))
			if namespace.Labels == nil && namespace.Annotations == nil {
				namespace.Labels = map[string]string{"app": "web"}
			}
			all := &fleet{
				baselines: []v1alpha1.Baseline{countedBaseline(test.baseline)}, namespaces: []*corev1.Namespace{&namespace}, keyLost: &lost,
				isReviewed: func(*corev1.Namespace) bool { return test.reviewed },
				attempts:   fakeAttempts{failed: test.failed, failedUpdate: test.failedUpdate},
				isRunning:  func(string, string) bool { return false },
			}
			if test.record != nil {
				all.records = []*v1alpha1.BaselineRecord{test.record}
			}
			got := all.countAll()["web"]
			var holder policy.HolderState
			if len(got.holders) > 0 {
				holder = got.holders[0].State
			}
			got.holders = nil
			if diff := cmp.Diff(&test.want, got, cmp.AllowUnexported(fleetStatus{})); diff != "" {
				t.Error(diff)
			}
			if holder != test.holder {
				t.Errorf("as a holder it is %q, want %q", holder, test.holder)
			}
		})
	}
}

func TestUpdateEndsWhenItIsComplete(t *testing.T) {
	ended := metav1.NewTime(time.Unix(3000, 0))
	for name, test := range map[string]struct {
		phase v1alpha1.RestorePhase
		hash  string
		want  time.Time
	}{
		"complete":                       {phase: v1alpha1.PhaseCompleted, hash: "r2", want: ended.Time},
		"an attempt that left something": {phase: v1alpha1.PhasePartiallyFailed, hash: "r2"},
		"to an older revision":           {phase: v1alpha1.PhaseCompleted, hash: "r1"},
	} {
		t.Run(name, func(t *testing.T) {
			baseline := countedBaseline(nil)
			record := countedRecord(func(r *v1alpha1.BaselineRecord) {
				r.Revision = v1alpha1.RevisionContent{Hash: test.hash, Digest: "d", ContentDigest: "c"}
				r.Update = &v1alpha1.RestoreUpdate{Phase: test.phase, CompletionTimestamp: &ended}
			})
			all := &fleet{attempts: fakeAttempts{}, isRunning: func(string, string) bool { return false }}
			if got := all.newHolder(&corev1.Namespace{}, &policy.Holding{}, &baseline, record).Ended; !got.Equal(test.want) {
				t.Errorf("it ended at %s, want %s", got, test.want)
			}
		})
	}
}

// Records are counted in the namespace that owns them, and in no other one.
func TestRecordsAreCountedInTheirNamespaces(t *testing.T) {
	record := func(namespace, uid string, change func(*v1alpha1.BaselineRecord)) *v1alpha1.BaselineRecord {
		return countedRecord(func(r *v1alpha1.BaselineRecord) {
			r.Namespace, r.OwnerReferences[0].Name, r.OwnerReferences[0].UID = namespace, namespace, types.UID(uid)
			if change != nil {
				change(r)
			}
		})
	}
	all := &fleet{
		baselines: []v1alpha1.Baseline{countedBaseline(nil)}, attempts: fakeAttempts{},
		isReviewed: func(*corev1.Namespace) bool { return false },
		isRunning:  func(string, string) bool { return false },
		records: []*v1alpha1.BaselineRecord{
			record("d", "4", nil),
			record("b", "2", nil),
			record("c", "an earlier c", nil),
			record("kube-system", "0", nil), // cannot be populated
			record("e", "4", nil),           // of another namespace than its owner
			record("a", "1", func(r *v1alpha1.BaselineRecord) { r.Seal = records.CachedSeal(seal.Forged) }),
			record("b", "2", func(r *v1alpha1.BaselineRecord) { r.Name = "deleted" }),
		},
	}
	for i, name := range []string{"a", "b", "c", "d", "e"} {
		all.namespaces = append(all.namespaces, &corev1.Namespace{
			ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(strconv.Itoa(i + 1)), Labels: map[string]string{"app": "web"}},
		})
	}
	got := all.countAll()["web"]
	var holders []string
	for _, holder := range got.holders {
		holders = append(holders, holder.Namespace)
	}
	if diff := cmp.Diff([]string{"b", "d"}, holders); diff != "" {
		t.Errorf("the holders (-want +got): %s", diff)
	}
	if want := (v1alpha1.NamespaceCounts{Namespaces: 5, UpdatedNamespaces: 2, PendingNamespaces: 3}); got.NamespaceCounts != want {
		t.Errorf("the counts are %+v, want %+v", got.NamespaceCounts, want)
	}
}
