package flow

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// onBaselines is everything that there is to do with Seedbed's kinds, but for the verbs that hand out content.
var onBaselines = []rbacv1.PolicyRule{
	may("create,get,list,update,patch,delete", v1alpha1.GroupName, "baselines"), may("create,get,list,update,patch,delete", v1alpha1.GroupName, "baselinerestores"),
	may("get,update,patch", v1alpha1.GroupName, "baselinerestores/status"), may("create,delete", v1alpha1.GroupName, "baselinebackups"),
}

// Each door that hands out what a backup holds is closed to who may not restore from it, and open to who may.
func TestEveryDoorThatHandsOutABackupNeedsRestore(t *testing.T) {
	w := shared(t)
	source := w.source(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "token"}}, configMap("a"))
	backup := w.backup(source)
	alice := w.user("alice", append([]rbacv1.PolicyRule{may(v1alpha1.VerbRestore, v1alpha1.GroupName, "baselinebackups", backup.Name)}, onBaselines...)...)
	bob := w.user("bob", onBaselines...)
	named := func(w *world, spec v1alpha1.BaselineSpec) *v1alpha1.Baseline {
		baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: w.name("door")}, Spec: spec}
		baseline.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("Baseline"))
		return baseline
	}
	apply := func(w *world, as client.Client, spec v1alpha1.BaselineSpec) error {
		content, err := json.Marshal(named(w, spec))
		if err != nil {
			return err
		}
		return as.Patch(w.ctx(), named(w, spec), client.RawPatch(types.ApplyPatchType, content), client.FieldOwner("door"), client.ForceOwnership)
	}
	everyone := &metav1.LabelSelector{MatchLabels: map[string]string{"door": w.suffix}}
	of := v1alpha1.BaselineSpec{Backup: backup.Name}
	// wide has each field set that says who gets a baseline, or what.
	wide := map[string]func(*v1alpha1.BaselineSpec){
		"namespaceSelector":  func(s *v1alpha1.BaselineSpec) { s.NamespaceSelector = everyone },
		"allowedNamespaces":  func(s *v1alpha1.BaselineSpec) { s.AllowedNamespaces = nil },
		"existingNamespaces": func(s *v1alpha1.BaselineSpec) { s.ExistingNamespaces = v1alpha1.ExistingNamespacesPopulate },
		"enforcement":        func(s *v1alpha1.BaselineSpec) { s.Enforcement = v1alpha1.EnforcementRequired },
		"mapping":            func(s *v1alpha1.BaselineSpec) { s.Mapping = v1alpha1.MappingReferencesAndText },
		"existingResources":  func(s *v1alpha1.BaselineSpec) { s.ExistingResources = v1alpha1.ExistingResourcesUpdate },
		"sourceNamespace":    func(s *v1alpha1.BaselineSpec) { s.SourceNamespace = source },
		"namespaceMetadata": func(s *v1alpha1.BaselineSpec) {
			s.NamespaceMetadata = &v1alpha1.NamespaceMetadata{Labels: []string{"team"}}
		},
	}
	narrow := v1alpha1.BaselineSpec{Backup: backup.Name, AllowedNamespaces: everyone, NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"a": w.suffix}}}
	doors := map[string]func(w *world, as client.Client) error{
		"create a Baseline":          func(w *world, as client.Client) error { return as.Create(w.ctx(), named(w, of)) },
		"create a Baseline, dry run": func(w *world, as client.Client) error { return as.Create(w.ctx(), named(w, of), client.DryRunAll) },
		"create a Baseline by apply": func(w *world, as client.Client) error { return apply(w, as, of) },
		"point a Baseline at it":     func(w *world, as client.Client) error { return w.repoint(as, backup.Name) },
		"patch a Baseline towards it": func(w *world, as client.Client) error {
			w.create(named(w, v1alpha1.BaselineSpec{Backup: "not-there"}))
			return as.Patch(w.ctx(), named(w, of), client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"spec":{"backup":%q}}`, backup.Name)))
		},
		"restore by hand": func(w *world, as client.Client) error {
			target := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.name("target")}}
			w.create(target)
			return as.Create(w.ctx(), &v1alpha1.BaselineRestore{ObjectMeta: metav1.ObjectMeta{Namespace: target.Name, Name: "door"}, Spec: v1alpha1.BaselineRestoreSpec{Backup: backup.Name}})
		},
	}
	for field, widen := range wide {
		doors["change "+field] = func(w *world, as client.Client) error {
			baseline := named(w, narrow)
			w.create(baseline)
			return w.edit(as, baseline, widen)
		}
		doors["change "+field+" by apply"] = func(w *world, as client.Client) error {
			w.create(named(w, narrow))
			spec := *narrow.DeepCopy()
			widen(&spec)
			if field == "allowedNamespaces" {
				spec.AllowedNamespaces = &metav1.LabelSelector{} // what another manager owns cannot be taken away, only changed
			}
			return apply(w, as, spec)
		}
	}
	for name, open := range doors {
		t.Run(name, func(t *testing.T) {
			err := open(newWorld(t, w.Installation), bob)
			newWorld(t, w.Installation).refused(err, "ValidatingAdmissionPolicy", fmt.Sprintf("backup %q does not exist, or you may not restore from it", backup.Name))
			if err := open(newWorld(t, w.Installation), alice); err != nil {
				t.Errorf("by somebody who may: %v", err)
			}
		})
	}
	t.Run("take a backup of what one may not read, as to adopt what is stored", func(t *testing.T) {
		again := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: w.name("again")}, Spec: backup.Spec}
		newWorld(t, w.Installation).refused(bob.Create(w.ctx(), again), "everything")
	})
	t.Run("metadata hands out nothing", func(t *testing.T) {
		w := newWorld(t, w.Installation)
		baseline := named(w, narrow)
		w.create(baseline)
		if err := bob.Patch(w.ctx(), baseline, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"any":"label"}}}`))); err != nil {
			t.Error(err)
		}
	})
}

// repoint makes a Baseline of another backup, and points it at this one.
func (w *world) repoint(as client.Client, backup string) error {
	baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: w.name("door")}, Spec: v1alpha1.BaselineSpec{Backup: "not-there"}}
	w.create(baseline)
	return w.edit(as, baseline, func(s *v1alpha1.BaselineSpec) { s.Backup = backup })
}

// edit updates a Baseline as somebody, until the controller did not write its status meanwhile.
func (w *world) edit(as client.Client, baseline *v1alpha1.Baseline, change func(*v1alpha1.BaselineSpec)) error {
	return retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		if err := w.Client.Get(w.ctx(), client.ObjectKeyFromObject(baseline), baseline); err != nil {
			return err
		}
		change(&baseline.Spec)
		return as.Update(w.ctx(), baseline)
	})
}

// What became of a restore says what a retry takes from which backup: it is Seedbed's own to write.
func TestOnlySeedbedWritesWhatBecameOfARestore(t *testing.T) {
	w := shared(t)
	backup, other := w.backup(w.source(configMap("a"))), w.another()
	secret := other.backup(other.source(configMap("b")))
	target := w.name("target")
	w.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: target}})
	restore := &v1alpha1.BaselineRestore{ObjectMeta: metav1.ObjectMeta{Namespace: target, Name: "mine"}, Spec: v1alpha1.BaselineRestoreSpec{Backup: backup.Name}}
	w.create(restore)
	w.awaitPhase(restore, &restore.Status.Conditions, v1alpha1.PhaseCompleted)
	bob := w.user("bob", may("*", v1alpha1.GroupName, "baselinerestores"), may("*", v1alpha1.GroupName, "baselinerestores/status"))
	raw := client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"status":{"backup":%q,"digest":%q,"pending":["configmaps/b"],"conditions":[]}}`, secret.Name, secret.Status.Digest))
	w.refused(bob.Status().Patch(w.ctx(), restore.DeepCopy(), raw), "only Seedbed writes what became of a restore")
	w.refused(w.Client.Status().Patch(w.ctx(), restore.DeepCopy(), raw), "only Seedbed writes what became of a restore") // nor does an administrator
	if w.there(&corev1.ConfigMap{}, target, "b") {
		t.Error("it was restored")
	}
	if err := bob.Patch(w.ctx(), restore, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"any":"label"}}}`))); err != nil {
		t.Errorf("a label on it: %v", err)
	}
}

// Another webhook refuses what was reviewed: nothing remembers that it was.
func TestAReviewCountsForItsOwnRequestOnly(t *testing.T) {
	w := shared(t)
	baseline := w.baseline(w.backup(w.source(configMap("a"))).Name, nil)
	alice := w.user("alice", append([]rbacv1.PolicyRule{may(v1alpha1.VerbUse, v1alpha1.GroupName, "baselines", baseline.Name)}, onNamespaces...)...)
	bob := w.user("bob", onNamespaces...)
	target := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.name("target")}}
	w.create(target)
	w.reviewWrites("namespaces", asking(w.name("probe"), v1alpha1.NoBaseline), func(request *admissionv1.AdmissionRequest) *metav1.Status {
		if request.Name == target.Name {
			return &metav1.Status{Message: refusal}
		}
		return nil
	}, admissionregistrationv1.Create, admissionregistrationv1.Update)
	for range 3 {
		w.refused(w.set(alice, target.Name, v1alpha1.AnnotationBaseline, baseline.Name), refusal)
		w.refused(w.set(bob, target.Name, v1alpha1.AnnotationBaseline, baseline.Name), byPolicy)
	}
	after := w.name("after")
	w.create(asking(after, baseline.Name))
	w.awaitReady(after, corev1.ConditionTrue, "")
	w.empty("a", target.Name)
	if condition, err := w.condition(w.ctx(), target.Name); err != nil || condition != nil {
		t.Errorf("its condition is %v, %v", condition, err)
	}
}

// Somebody replaces the webhook configuration: its UID stays, and nobody is asked any more.
func TestReplacedWebhookConfigurationAllowsNothing(t *testing.T) {
	w := own(t)
	w.start()
	w.web()
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: seedbed.WebhookConfiguration}}
	w.change(configuration, func() { configuration.Webhooks = nil })
	bob := w.user("bob", append([]rbacv1.PolicyRule{may("create", v1alpha1.GroupName, "baselines")}, onNamespaces...)...)
	for range 3 {
		w.refused(bob.Create(w.ctx(), asking("by-bob", "web")), byPolicy)
		w.refused(bob.Create(w.ctx(), &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "forged"}, Spec: v1alpha1.BaselineSpec{Backup: w.name("backup")}}), "you may not restore from it")
	}
	if err := w.permitted().Create(w.ctx(), asking("by-alice", "web")); err != nil {
		t.Error(errors.Join(errors.New("by somebody who may"), err))
	}
	w.holds("by-alice", "a")
}
