package flow

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

func TestABackupLargerThanOneSecretRoundTrips(t *testing.T) {
	w := shared(t)
	var objects []client.Object
	random := rand.NewChaCha8([32]byte{1}) // does not compress
	for _, name := range []string{"a", "b", "c"} {
		large := configMap(name)
		large.BinaryData = map[string][]byte{"random": make([]byte, 400<<10)}
		_, _ = random.Read(large.BinaryData["random"])
		objects = append(objects, large)
	}
	backup := w.backup(w.source(objects...), "configmaps")
	if chunks := len(w.chunks(backup.Name)); chunks < 2 || backup.Status.SizeBytes < 1<<20 {
		t.Fatalf("%d bytes in %d Secrets, want more than one Secret holds", backup.Status.SizeBytes, chunks)
	}
	baseline := w.baseline(backup.Name, nil)
	target := w.name("target")
	w.create(asking(target, baseline.Name))
	w.awaitReady(target, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	for _, object := range objects {
		want, got := object.(*corev1.ConfigMap), &corev1.ConfigMap{}
		if !w.there(got, target, want.Name) || !bytes.Equal(got.BinaryData["random"], want.BinaryData["random"]) {
			t.Errorf("ConfigMap %s is not what was backed up", want.Name)
		}
	}
}

func TestABackupThatCapturesNothingIsFailed(t *testing.T) {
	w := shared(t)
	empty := w.source()
	tests := []struct {
		name string
		spec v1alpha1.BaselineBackupSpec
		says string
	}{
		{"nothing of that kind", v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{empty}, IncludedResources: []string{"services"}}, "nothing was found to back up"},
		{"nothing with that label", v1alpha1.BaselineBackupSpec{
			IncludedNamespaces: []string{empty}, LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"no": "such"}},
		}, "nothing was found to back up"},
		{"no such namespace", v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{"no-such-namespace"}}, "namespace no-such-namespace does not exist"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, w.Installation)
			backup := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: w.name("backup")}, Spec: test.spec}
			w.create(backup)
			ready := w.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseFailed)
			w.says(ready.Message, test.says)
			w.says(strings.Join(backup.Status.Errors, "\n"), test.says)
			if ready.Status != metav1.ConditionFalse || len(w.stored(backup.Name)) > 0 {
				t.Errorf("Ready is %s and %d Secrets are stored", ready.Status, len(w.stored(backup.Name)))
			}
		})
	}
}

func TestABackupGoesWhenItsTimeIsOver(t *testing.T) {
	w := shared(t)
	source := w.source(configMap("a"))
	short, long := w.another().timed(source, time.Second), w.another().timed(source, time.Hour)
	w.awaitGone(short)
	w.awaitPhase(long, &long.Status.Conditions, v1alpha1.PhaseCompleted)
	if stored := w.stored(short.Name); len(stored) > 0 {
		t.Errorf("%d Secrets of a backup that expired are still there", len(stored))
	}
	if want := long.CreationTimestamp.Add(time.Hour); long.Status.Expiration == nil || !long.Status.Expiration.Time.Equal(want) || len(w.stored(long.Name)) == 0 {
		t.Errorf("the other expires %v, want %v, and %d Secrets of it are stored", long.Status.Expiration, want, len(w.stored(long.Name)))
	}
}

func TestTheTimeOfABackupInUseIsHeldUntilItIsNot(t *testing.T) {
	w := shared(t)
	baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: w.name("baseline")}, Spec: v1alpha1.BaselineSpec{Backup: w.name("backup")}}
	w.create(baseline) // first, so that the backup is in use from its beginning
	backup := w.timed(w.source(configMap("a")), time.Second)
	w.eventually(func(ctx context.Context) error {
		if err := w.Client.Get(ctx, client.ObjectKeyFromObject(backup), backup); err != nil {
			return err
		}
		held := meta.FindStatusCondition(backup.Status.Conditions, v1alpha1.ConditionExpirationHeld)
		if held == nil || held.Status != metav1.ConditionTrue || !strings.Contains(held.Message, baseline.Name) {
			return fmt.Errorf("ExpirationHeld is %v", held)
		}
		return nil
	})
	target := w.name("target")
	w.create(asking(target, baseline.Name))
	w.awaitReady(target, corev1.ConditionTrue, v1alpha1.ReasonRestored)

	w.remove(baseline)
	w.awaitGone(backup)
	if stored := w.stored(backup.Name); len(stored) > 0 {
		t.Errorf("%d Secrets of a backup that expired are still there", len(stored))
	}
}

// timed makes a backup that expires; it does not wait for anything.
func (w *world) timed(source string, ttl time.Duration) *v1alpha1.BaselineBackup {
	w.t.Helper()
	backup := &v1alpha1.BaselineBackup{
		ObjectMeta: metav1.ObjectMeta{Name: w.name("backup")},
		Spec:       v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{source}, TTL: &metav1.Duration{Duration: ttl}},
	}
	w.create(backup)
	return backup
}

func TestABackupInUseIsNotDeletedAndItsContentIsHeldWhateverAdmissionSays(t *testing.T) {
	w := shared(t)
	backup := w.backup(w.source(configMap("a")))
	baseline := w.baseline(backup.Name, nil)
	w.refused(w.Client.Delete(w.ctx(), backup.DeepCopy()), backup.Name, "in use by 1 Baseline")
	w.refused(w.Client.DeleteAllOf(w.ctx(), &v1alpha1.BaselineBackup{}, client.MatchingFields{"metadata.name": backup.Name}), "in use by 1 Baseline")

	// Seedbed itself is not asked, so this is what the finalizer meets when two replicas' caches disagree.
	if err := w.asSeedbed().Delete(w.ctx(), backup.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	ready := w.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseDeleting)
	w.says(ready.Message, "kept", baseline.Name)
	if len(w.chunks(backup.Name)) == 0 {
		t.Fatal("the content is gone while a Baseline uses it")
	}
	target := w.name("target")
	w.create(asking(target, baseline.Name))
	w.awaitReady(target, corev1.ConditionTrue, v1alpha1.ReasonRestored)

	w.remove(baseline)
	w.awaitGone(backup)
	if stored := w.stored(backup.Name); len(stored) > 0 {
		t.Errorf("%d Secrets are left of a backup that is gone", len(stored))
	}
}

// asSeedbed is a client with the controller's own ServiceAccount, which admission does not ask.
func (w *world) asSeedbed() client.Client {
	w.t.Helper()
	config, err := w.Cluster.ServiceAccountConfig(w.ctx(), seedbed.Namespace, seedbed.ServiceAccount)
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := client.New(config, client.Options{Scheme: seedbed.Scheme()})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}
