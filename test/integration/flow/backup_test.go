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

func TestLargeBackupRoundTrips(t *testing.T) {
	e := sharedInstallation(t)
	var objects []client.Object
	random := rand.NewChaCha8([32]byte{1}) // does not compress
	for _, name := range []string{"a", "b", "c"} {
		large := configMap(name)
		large.BinaryData = map[string][]byte{"random": make([]byte, 400<<10)}
		_, _ = random.Read(large.BinaryData["random"])
		objects = append(objects, large)
	}
	backup := e.createBackup(e.createSource(objects...), "configmaps")
	if chunks := len(e.listChunks(backup.Name)); chunks < 2 || backup.Status.SizeBytes < 1<<20 {
		t.Fatalf("%d bytes in %d Secrets, want more than one Secret holds", backup.Status.SizeBytes, chunks)
	}
	baseline := e.createBaseline(backup.Name, nil)
	target := e.uniqueName("target")
	e.createObjects(annotatedNamespace(target, baseline.Name))
	e.awaitReady(target, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	for _, object := range objects {
		want, got := object.(*corev1.ConfigMap), &corev1.ConfigMap{}
		if !e.objectExists(got, target, want.Name) || !bytes.Equal(got.BinaryData["random"], want.BinaryData["random"]) {
			t.Errorf("ConfigMap %s is not what was backed up", want.Name)
		}
	}
}

func TestEmptyBackupIsFailed(t *testing.T) {
	e := sharedInstallation(t)
	empty := e.createSource()
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
			e := newEnv(t, e.Installation)
			backup := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("backup")}, Spec: test.spec}
			e.createObjects(backup)
			ready := e.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseFailed)
			e.requireContains(ready.Message, test.says)
			e.requireContains(strings.Join(backup.Status.Errors, "\n"), test.says)
			if ready.Status != metav1.ConditionFalse || len(e.listStored(backup.Name)) > 0 {
				t.Errorf("Ready is %s and %d Secrets are stored", ready.Status, len(e.listStored(backup.Name)))
			}
		})
	}
}

func TestExpiredBackupIsDeleted(t *testing.T) {
	e := sharedInstallation(t)
	source := e.createSource(configMap("a"))
	short, long := e.withOwnNames().createExpiringBackup(source, time.Second), e.withOwnNames().createExpiringBackup(source, time.Hour)
	e.awaitGone(short)
	e.awaitPhase(long, &long.Status.Conditions, v1alpha1.PhaseCompleted)
	if stored := e.listStored(short.Name); len(stored) > 0 {
		t.Errorf("%d Secrets of a backup that expired are still there", len(stored))
	}
	if want := long.CreationTimestamp.Add(time.Hour); long.Status.Expiration == nil || !long.Status.Expiration.Time.Equal(want) || len(e.listStored(long.Name)) == 0 {
		t.Errorf("the other expires %v, want %v, and %d Secrets of it are stored", long.Status.Expiration, want, len(e.listStored(long.Name)))
	}
}

func TestBackupInUseDoesNotExpire(t *testing.T) {
	e := sharedInstallation(t)
	baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("baseline")}, Spec: v1alpha1.BaselineSpec{Backup: e.uniqueName("backup")}}
	e.createObjects(baseline) // first, so that the backup is in use from its beginning
	backup := e.createExpiringBackup(e.createSource(configMap("a")), time.Second)
	e.eventually(func(ctx context.Context) error {
		if err := e.Client.Get(ctx, client.ObjectKeyFromObject(backup), backup); err != nil {
			return err
		}
		held := meta.FindStatusCondition(backup.Status.Conditions, v1alpha1.ConditionExpirationHeld)
		if held == nil || held.Status != metav1.ConditionTrue || !strings.Contains(held.Message, baseline.Name) {
			return fmt.Errorf("ExpirationHeld is %v", held)
		}
		return nil
	})
	target := e.uniqueName("target")
	e.createObjects(annotatedNamespace(target, baseline.Name))
	e.awaitReady(target, corev1.ConditionTrue, v1alpha1.ReasonRestored)

	e.deleteObjects(baseline)
	e.awaitGone(backup)
	if stored := e.listStored(backup.Name); len(stored) > 0 {
		t.Errorf("%d Secrets of a backup that expired are still there", len(stored))
	}
}

// createExpiringBackup creates a backup that expires; it does not wait.
func (e *env) createExpiringBackup(source string, ttl time.Duration) *v1alpha1.BaselineBackup {
	e.t.Helper()
	backup := &v1alpha1.BaselineBackup{
		ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("backup")},
		Spec:       v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{source}, TTL: &metav1.Duration{Duration: ttl}},
	}
	e.createObjects(backup)
	return backup
}

func TestBackupInUseKeepsItsContent(t *testing.T) {
	e := sharedInstallation(t)
	backup := e.createBackup(e.createSource(configMap("a")))
	baseline := e.createBaseline(backup.Name, nil)
	e.requireRefused(e.Client.Delete(e.ctx(), backup.DeepCopy()), backup.Name, "in use by 1 Baseline")
	e.requireRefused(e.Client.DeleteAllOf(e.ctx(), &v1alpha1.BaselineBackup{}, client.MatchingFields{"metadata.name": backup.Name}), "in use by 1 Baseline")

	// No webhook of Seedbed is called, as when two replicas' caches disagree: only the finalizer protects the backup.
	if err := e.asSeedbed().Delete(e.ctx(), backup.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	ready := e.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseDeleting)
	e.requireContains(ready.Message, "kept", baseline.Name)
	if len(e.listChunks(backup.Name)) == 0 {
		t.Fatal("the content is gone while a Baseline uses it")
	}
	target := e.uniqueName("target")
	e.createObjects(annotatedNamespace(target, baseline.Name))
	e.awaitReady(target, corev1.ConditionTrue, v1alpha1.ReasonRestored)

	e.deleteObjects(baseline)
	e.awaitGone(backup)
	if stored := e.listStored(backup.Name); len(stored) > 0 {
		t.Errorf("%d Secrets are left of a backup that is gone", len(stored))
	}
}

// asSeedbed returns a client with the controller's own ServiceAccount, which admission exempts.
func (e *env) asSeedbed() client.Client {
	e.t.Helper()
	config, err := e.Cluster.ServiceAccountConfig(e.ctx(), seedbed.Namespace, seedbed.ServiceAccount)
	if err != nil {
		e.t.Fatal(err)
	}
	c, err := client.New(config, client.Options{Scheme: seedbed.Scheme()})
	if err != nil {
		e.t.Fatal(err)
	}
	return c
}
