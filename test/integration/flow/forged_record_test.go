package flow

import (
	"context"
	"fmt"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/authorization"
	"seedbed.dev/seedbed/pkg/seal"
	"seedbed.dev/seedbed/test/seedbed"
)

// forgedRecord returns a record forged after one of Seedbed's: every field is as Seedbed writes it but the seal, which is of
// another key, or copied.
func forgedRecord(namespace *corev1.Namespace, baseline, sealed string, result v1alpha1.RestoreResult) *v1alpha1.BaselineRecord {
	return &v1alpha1.BaselineRecord{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace.Name, Name: baseline, Finalizers: []string{"example.com/hold"},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Namespace", Name: namespace.Name, UID: namespace.UID}},
		},
		Result: result, Seal: sealed,
	}
}

// A record that a tenant creates in advance under the name of a Required baseline does not prevent its restore: not with a
// finalizer, and not with the seal of another namespace's record (findings S10).
func TestForgedRecordDoesNotForestallABaseline(t *testing.T) {
	e := newInstallation(t)
	e.startController()
	e.withoutPolicies()
	backup := e.createBackup(e.createSource(configMap("a")), "configmaps")
	genuine := e.createBaseline(backup.Name, nil)
	e.createObjects(annotatedNamespace("genuine", genuine.Name))
	e.awaitReady("genuine", corev1.ConditionTrue, v1alpha1.ReasonRestored)
	seen := e.getRecord("genuine", genuine.Name)
	complete := v1alpha1.RestoreResult{Phase: v1alpha1.PhaseCompleted, Attempts: 1, Backup: backup.Name, Digest: backup.Status.Digest}
	for name, sealed := range map[string]string{"without": "", "copied": seen.Seal, "cached": string(seal.Good)} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			target := labelledNamespace(e.uniqueName("target"), "forged", name)
			e.createObjects(target)
			baseline := e.uniqueName("required")
			e.createObjects(forgedRecord(target, baseline, sealed, complete))
			e.createObjects(&v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: baseline}, Spec: v1alpha1.BaselineSpec{
				Backup: backup.Name, Enforcement: v1alpha1.EnforcementRequired, ExistingNamespaces: v1alpha1.ExistingNamespacesPopulate,
				NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"forged": name}},
			}})
			e.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
			if !e.objectExists(&corev1.ConfigMap{}, target.Name, "a") {
				t.Error("the namespace is Ready, and what the baseline holds is not there")
			}
			record := e.getRecord(target.Name, baseline)
			if record.Seal == sealed || len(record.Finalizers) > 0 || record.NamespaceUID() != target.UID {
				t.Errorf("the record is still the forged one: %+v", record)
			}
			e.deleteObjects(target)
			e.awaitGone(target)
		})
	}
}

// A user with every permission in a namespace rewrites its record, so that the retry of failed objects would use another
// backup's content: none of it is restored (findings S5).
func TestForgedRecordHandsNothingOut(t *testing.T) {
	e := newInstallation(t)
	e.startController()
	e.withoutPolicies()
	vault := e.createBackup(e.createSource(configMap("secret-content")), "configmaps")
	another := e.withOwnNames()
	e.installDefinition(newWidgetDefinition())
	baseline := another.createBaseline(another.createBackup(another.createSource(configMap("a"), newWidget())).Name, nil)
	definition := newWidgetDefinition()
	e.deleteObjects(definition)
	e.awaitGone(definition)
	e.createObjects(annotatedNamespace("target", baseline.Name))
	e.awaitReady("target", corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed)
	record := e.getRecord("target", baseline.Name)
	e.updateObject(record, func() {
		record.Result.Backup, record.Result.Digest, record.Result.SourceNamespace = vault.Name, vault.Status.Digest, vault.Spec.IncludedNamespaces[0]
		record.Result.Pending = []string{"configmaps/secret-content"}
	})
	e.awaitRecord("target", baseline.Name, func(now *v1alpha1.BaselineRecord) error {
		if now.Seal == record.Seal {
			return fmt.Errorf("the forged record still stands: %+v", now.Result)
		}
		return nil
	})
	if again := e.getRecord("target", baseline.Name); again.Result.Backup != baseline.Spec.Backup {
		t.Errorf("the record is of backup %s, want %s", again.Result.Backup, baseline.Spec.Backup)
	}
	if e.objectExists(&corev1.ConfigMap{}, "target", "secret-content") {
		t.Error("content of another backup was handed out")
	}
}

// When the keys are lost, earlier records prove nothing: Optional holders are left alone and counted as released until an
// administrator adopts them, Required baselines are restored again, and a record made now under a lost key is a forgery.
func TestLostKeysProveNothing(t *testing.T) {
	e := newInstallation(t)
	controller := e.startController()
	backup := e.createBackup(e.createSource(configMap("a"), configMap("b")), "configmaps")
	optional := e.createBaseline(backup.Name, nil)
	required := e.withOwnNames().createBaseline(backup.Name, func(s *v1alpha1.BaselineSpec) {
		s.Enforcement, s.NamespaceSelector = v1alpha1.EnforcementRequired, &metav1.LabelSelector{MatchLabels: map[string]string{"lost": "required"}}
	})
	holder, guarded := annotatedNamespace("holder", optional.Name), labelledNamespace("guarded", "lost", "required")
	e.createObjects(holder, guarded)
	e.awaitReady("holder", corev1.ConditionTrue, v1alpha1.ReasonRestored)
	e.awaitReady("guarded", corev1.ConditionTrue, v1alpha1.ReasonRestored)
	before, guardedBefore := e.getRecord("holder", optional.Name), e.getRecord("guarded", required.Name)
	controller.Stop()
	e.deleteObjects(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: seedbed.Namespace, Name: seal.SecretName}})
	e.tamperNamespace("holder")
	e.removeObject("guarded", "a")
	e.awaitLaterSecond(metav1.Now())
	e.startController()

	e.awaitRecord("guarded", required.Name, func(record *v1alpha1.BaselineRecord) error {
		if record.Seal == guardedBefore.Seal {
			return fmt.Errorf("the Required baseline's record is still under the lost key")
		}
		return nil
	})
	e.eventually(func(ctx context.Context) error {
		return e.Client.Get(ctx, client.ObjectKey{Namespace: "guarded", Name: "a"}, &corev1.ConfigMap{})
	})
	status := e.awaitHolders(optional, func(s *v1alpha1.BaselineStatus) bool { return s.ReleasedNamespaces == 1 && s.Namespaces == 0 })
	if status.KeyLostTimestamp == nil {
		t.Fatal("the Baseline does not tell when the keys were lost")
	}
	e.requireTampered("holder")
	if record := e.getRecord("holder", optional.Name); record.Seal != before.Seal {
		t.Error("the released holder's record was sealed anew although nobody adopted it")
	}

	e.adoptUnreviewed(optional, status.KeyLostTimestamp)
	e.createObjects(labelledNamespace("guarded-later", "lost", "required"))
	e.awaitConfigMap("guarded-later", "a")
	if record := e.getRecord("holder", optional.Name); record.Seal != before.Seal {
		t.Error("the released holder's record was sealed anew although whoever had it adopted was not reviewed")
	}
	e.widenSelector(e.Client, optional) // by a user who may restore, which adopts them
	status = e.awaitHolders(optional, func(s *v1alpha1.BaselineStatus) bool { return s.ReleasedNamespaces == 0 && s.Namespaces == 1 })
	if status.KeyLostTimestamp != nil {
		t.Errorf("the keys are still said to be lost, since %s", status.KeyLostTimestamp)
	}
	if record := e.getRecord("holder", optional.Name); record.Seal == before.Seal || record.UID != before.UID || record.Result.Attempts != before.Result.Attempts {
		t.Errorf("the adopted record is %+v, want the one from before, sealed anew", record)
	}
	e.requireTampered("holder")
}

// adoptUnreviewed has a Baseline's records adopted, as a user who may not restore, while the policy that reviews it only
// audits. The policy denies again when it returns.
func (e *env) adoptUnreviewed(baseline *v1alpha1.Baseline, lost *metav1.Time) {
	e.t.Helper()
	bob := e.newUser("bob", newRule("get,patch", v1alpha1.GroupName, "baselines"))
	adopt := func(ctx context.Context, options ...client.PatchOption) error {
		adopted := baseline.DeepCopy()
		metav1.SetMetaDataAnnotation(&adopted.ObjectMeta, v1alpha1.AnnotationAdopt, lost.UTC().Format(time.RFC3339))
		return bob.Patch(ctx, adopted, client.MergeFrom(baseline), options...)
	}
	e.requireRefused(adopt(e.ctx()), "may not restore from it")
	putBack := e.loosenPolicies(waysToLoosen["the bindings only audit"])
	e.eventually(func(ctx context.Context) error { return adopt(ctx) })
	putBack()
	e.awaitMemory("lacks an unreviewed Baseline", func(m *baselineMemory) bool { return m.Unreviewed[baseline.UID] != "" })
}

// removeObject deletes a ConfigMap of a namespace, as its tenant may.
func (e *env) removeObject(namespace, name string) {
	e.t.Helper()
	e.deleteObjects(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}})
}

// awaitHolders waits until the counts of a Baseline satisfy the check.
func (e *env) awaitHolders(baseline *v1alpha1.Baseline, is func(*v1alpha1.BaselineStatus) bool) *v1alpha1.BaselineStatus {
	e.t.Helper()
	current := &v1alpha1.Baseline{}
	e.eventually(func(ctx context.Context) error {
		current = &v1alpha1.Baseline{}
		if err := e.Client.Get(ctx, client.ObjectKeyFromObject(baseline), current); err != nil {
			return err
		}
		if !is(&current.Status) {
			return fmt.Errorf("baseline %s is held by %d namespaces, %d released", baseline.Name, current.Status.Namespaces, current.Status.ReleasedNamespaces)
		}
		return nil
	})
	return &current.Status
}

// withoutPolicies removes the policies by which only Seedbed writes records, as an administrator may do by mistake: only the
// seal protects then.
func (e *env) withoutPolicies() {
	e.t.Helper()
	meta := metav1.ObjectMeta{Name: authorization.PolicyRecords}
	e.deleteObjects(&admissionregistrationv1.ValidatingAdmissionPolicyBinding{ObjectMeta: meta}, &admissionregistrationv1.ValidatingAdmissionPolicy{ObjectMeta: meta})
	probe := forgedRecord(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: metav1.NamespaceDefault, UID: "any"}}, "probe", "", v1alpha1.RestoreResult{})
	e.eventually(func(ctx context.Context) error { return e.Client.Create(ctx, probe.DeepCopy(), client.DryRunAll) })
}
