package flow

import (
	"encoding/json"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// newRevision returns an entry of a history.
func newRevision(number int64, backup string) v1alpha1.BaselineRevision {
	return v1alpha1.BaselineRevision{Revision: number, RevisionContent: v1alpha1.RevisionContent{
		Hash: "0123456789abcdef", Backup: backup, Digest: "sha256:" + backup, SourceNamespace: "foo", Mapping: v1alpha1.MappingReferences,
	}}
}

// The history decides which content new namespaces get: who may write the status of a Baseline adds or changes an entry only
// with the verb "restore" on its backup.
func TestHistoryTakesRestoreOnItsBackups(t *testing.T) {
	e := newInstallation(t)
	e.awaitPolicies()
	baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: v1alpha1.BaselineSpec{Backup: "open"}}
	e.createObjects(baseline)
	var history []v1alpha1.BaselineRevision
	for i, backup := range []string{"open", "secret", "open", "secret", "open", "secret"} {
		history = append(history, newRevision(int64(6-i), backup))
	}
	seedbed := e.asSeedbed()
	if err := seedbed.Status().Patch(e.ctx(), baseline, historyPatch(t, history)); err != nil {
		t.Fatalf("Seedbed's own: %v", err)
	}
	bob := e.newUser("bob", newRule("get", v1alpha1.GroupName, "baselines"), newRule("patch,update", v1alpha1.GroupName, "baselines/status"),
		newRule(v1alpha1.VerbRestore, v1alpha1.GroupName, "baselinebackups", "open"))
	changed := func(i int, change func(*v1alpha1.BaselineRevision)) []v1alpha1.BaselineRevision {
		after := slices.Clone(history)
		change(&after[i])
		return after
	}
	tests := map[string]struct {
		after   []v1alpha1.BaselineRevision
		refused string // in the message of the refusal; empty if it is allowed
	}{
		"nothing":                       {history, ""},
		"none left":                     {nil, ""},
		"one less":                      {history[:5], ""},
		"a backup that bob may restore": {changed(1, func(r *v1alpha1.BaselineRevision) { r.Backup = "open" }), ""},
		"a digest of such a backup":     {changed(2, func(r *v1alpha1.BaselineRevision) { r.Digest = "sha256:other" }), ""},
		"the number of a secret one":    {changed(5, func(r *v1alpha1.BaselineRevision) { r.Revision = 9 }), "status.history[5].backup"},
		"a secret one rolled out": {changed(3, func(r *v1alpha1.BaselineRevision) {
			r.RolledOutTimestamp = &metav1.Time{Time: baseline.CreationTimestamp.Time}
		}), "status.history[3].backup"},
		"an entry without a backup":        {changed(0, func(r *v1alpha1.BaselineRevision) { r.Backup = "" }), "status.history[0].backup"},
		"a secret backup for an open one":  {changed(4, func(r *v1alpha1.BaselineRevision) { r.Backup = "secret" }), `"restore" on backup "secret"`},
		"a secret entry where none was":    {append(slices.Clone(history[:1]), newRevision(2, "other")), `"restore" on backup "other"`},
		"another source of the secret one": {changed(1, func(r *v1alpha1.BaselineRevision) { r.SourceNamespace = "bar" }), "status.history[1].backup"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			patch := historyPatch(t, test.after)
			err := bob.Status().Patch(e.ctx(), baseline.DeepCopy(), patch, client.DryRunAll)
			switch {
			case test.refused != "":
				e.requireRefused(err, test.refused)
			case err != nil:
				t.Error(err)
			}
			if err := seedbed.Status().Patch(e.ctx(), baseline.DeepCopy(), patch, client.DryRunAll); err != nil {
				t.Errorf("by Seedbed: %v", err)
			}
		})
	}
	// The other path does not write the status.
	if err := e.Client.Patch(e.ctx(), baseline, historyPatch(t, nil)); err != nil || len(baseline.Status.History) != len(history) {
		t.Errorf("%d entries left, %v", len(baseline.Status.History), err)
	}
}

// historyPatch returns a patch that replaces the history.
func historyPatch(t *testing.T, history []v1alpha1.BaselineRevision) client.Patch {
	t.Helper()
	patch, err := json.Marshal(map[string]any{"status": map[string]any{"history": history}})
	if err != nil {
		t.Fatal(err)
	}
	return client.RawPatch(types.MergePatchType, patch)
}
