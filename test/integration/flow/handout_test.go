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

// onBaselines is every verb on Seedbed's kinds, except those that hand out content.
var onBaselines = []rbacv1.PolicyRule{
	newRule("create,get,list,update,patch,delete", v1alpha1.GroupName, "baselines"), newRule("create,get,list,update,patch,delete", v1alpha1.GroupName, "baselinerestores"),
	newRule("get,update,patch", v1alpha1.GroupName, "baselinerestores/status"), newRule("create,delete", v1alpha1.GroupName, "baselinebackups"),
}

// Each path that hands out a backup's content is closed without the permission to restore from it, and open with it.
func TestEveryPathToContentNeedsRestorePermission(t *testing.T) {
	e := sharedInstallation(t)
	source := e.createSource(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "token"}}, configMap("a"))
	backup := e.createBackup(source)
	alice := e.newUser("alice", append([]rbacv1.PolicyRule{newRule(v1alpha1.VerbRestore, v1alpha1.GroupName, "baselinebackups", backup.Name)}, onBaselines...)...)
	bob := e.newUser("bob", onBaselines...)
	named := func(e *env, spec v1alpha1.BaselineSpec) *v1alpha1.Baseline {
		baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("door")}, Spec: spec}
		baseline.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("Baseline"))
		return baseline
	}
	apply := func(e *env, as client.Client, spec v1alpha1.BaselineSpec) error {
		content, err := json.Marshal(named(e, spec))
		if err != nil {
			return err
		}
		return as.Patch(e.ctx(), named(e, spec), client.RawPatch(types.ApplyPatchType, content), client.FieldOwner("door"), client.ForceOwnership)
	}
	everyone := &metav1.LabelSelector{MatchLabels: map[string]string{"door": e.suffix}}
	of := v1alpha1.BaselineSpec{Backup: backup.Name}
	// wide sets each field that selects the namespaces or the content of a baseline.
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
	narrow := v1alpha1.BaselineSpec{Backup: backup.Name, AllowedNamespaces: everyone, NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"a": e.suffix}}}
	paths := map[string]func(e *env, as client.Client) error{
		"create a Baseline":          func(e *env, as client.Client) error { return as.Create(e.ctx(), named(e, of)) },
		"create a Baseline, dry run": func(e *env, as client.Client) error { return as.Create(e.ctx(), named(e, of), client.DryRunAll) },
		"create a Baseline by apply": func(e *env, as client.Client) error { return apply(e, as, of) },
		"point a Baseline at it":     func(e *env, as client.Client) error { return e.setBackup(as, backup.Name) },
		"patch a Baseline towards it": func(e *env, as client.Client) error {
			e.createObjects(named(e, v1alpha1.BaselineSpec{Backup: "not-there"}))
			return as.Patch(e.ctx(), named(e, of), client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"spec":{"backup":%q}}`, backup.Name)))
		},
		"restore by hand": func(e *env, as client.Client) error {
			target := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("target")}}
			e.createObjects(target)
			return as.Create(e.ctx(), &v1alpha1.BaselineRestore{ObjectMeta: metav1.ObjectMeta{Namespace: target.Name, Name: "door"}, Spec: v1alpha1.BaselineRestoreSpec{Backup: backup.Name}})
		},
	}
	for field, widen := range wide {
		paths["change "+field] = func(e *env, as client.Client) error {
			baseline := named(e, narrow)
			e.createObjects(baseline)
			return e.updateSpec(as, baseline, widen)
		}
		paths["change "+field+" by apply"] = func(e *env, as client.Client) error {
			e.createObjects(named(e, narrow))
			spec := *narrow.DeepCopy()
			widen(&spec)
			if field == "allowedNamespaces" {
				spec.AllowedNamespaces = &metav1.LabelSelector{} // another manager's field cannot be removed, only changed
			}
			return apply(e, as, spec)
		}
	}
	for name, open := range paths {
		t.Run(name, func(t *testing.T) {
			err := open(newEnv(t, e.Installation), bob)
			newEnv(t, e.Installation).requireRefused(err, "ValidatingAdmissionPolicy", fmt.Sprintf("backup %q does not exist, or you may not restore from it", backup.Name))
			if err := open(newEnv(t, e.Installation), alice); err != nil {
				t.Errorf("by somebody who may: %v", err)
			}
		})
	}
	t.Run("take a backup of what one may not read, as to adopt what is stored", func(t *testing.T) {
		again := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("again")}, Spec: backup.Spec}
		newEnv(t, e.Installation).requireRefused(bob.Create(e.ctx(), again), "everything")
	})
	t.Run("metadata hands out nothing", func(t *testing.T) {
		e := newEnv(t, e.Installation)
		baseline := named(e, narrow)
		e.createObjects(baseline)
		if err := bob.Patch(e.ctx(), baseline, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"any":"label"}}}`))); err != nil {
			t.Error(err)
		}
	})
}

// setBackup creates a Baseline of another backup, and points it at this one.
func (e *env) setBackup(as client.Client, backup string) error {
	baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("door")}, Spec: v1alpha1.BaselineSpec{Backup: "not-there"}}
	e.createObjects(baseline)
	return e.updateSpec(as, baseline, func(s *v1alpha1.BaselineSpec) { s.Backup = backup })
}

// updateSpec updates a Baseline as that user, and retries on conflicts with the controller's writes of its status.
func (e *env) updateSpec(as client.Client, baseline *v1alpha1.Baseline, change func(*v1alpha1.BaselineSpec)) error {
	return retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		if err := e.Client.Get(e.ctx(), client.ObjectKeyFromObject(baseline), baseline); err != nil {
			return err
		}
		change(&baseline.Spec)
		return as.Update(e.ctx(), baseline)
	})
}

// A restore's status decides which objects a retry takes from which backup: only Seedbed may write it.
func TestRestoreStatusIsProtected(t *testing.T) {
	e := sharedInstallation(t)
	backup, other := e.createBackup(e.createSource(configMap("a"))), e.withOwnNames()
	secret := other.createBackup(other.createSource(configMap("b")))
	target := e.uniqueName("target")
	e.createObjects(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: target}})
	restore := &v1alpha1.BaselineRestore{ObjectMeta: metav1.ObjectMeta{Namespace: target, Name: "mine"}, Spec: v1alpha1.BaselineRestoreSpec{Backup: backup.Name}}
	e.createObjects(restore)
	e.awaitPhase(restore, &restore.Status.Conditions, v1alpha1.PhaseCompleted)
	bob := e.newUser("bob", newRule("*", v1alpha1.GroupName, "baselinerestores"), newRule("*", v1alpha1.GroupName, "baselinerestores/status"))
	raw := client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"status":{"backup":%q,"digest":%q,"pending":["configmaps/b"],"conditions":[]}}`, secret.Name, secret.Status.Digest))
	e.requireRefused(bob.Status().Patch(e.ctx(), restore.DeepCopy(), raw), "only Seedbed writes what became of a restore")
	e.requireRefused(e.Client.Status().Patch(e.ctx(), restore.DeepCopy(), raw), "only Seedbed writes what became of a restore") // nor does an administrator
	if e.objectExists(&corev1.ConfigMap{}, target, "b") {
		t.Error("it was restored")
	}
	if err := bob.Patch(e.ctx(), restore, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"any":"label"}}}`))); err != nil {
		t.Errorf("a label on it: %v", err)
	}
}

// Another webhook refuses a reviewed request: the review is not remembered.
func TestReviewCountsForItsRequestOnly(t *testing.T) {
	e := sharedInstallation(t)
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a"))).Name, nil)
	alice := e.newUser("alice", append([]rbacv1.PolicyRule{newRule(v1alpha1.VerbUse, v1alpha1.GroupName, "baselines", baseline.Name)}, onNamespaces...)...)
	bob := e.newUser("bob", onNamespaces...)
	target := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("target")}}
	e.createObjects(target)
	e.reviewWrites("namespaces", annotatedNamespace(e.uniqueName("probe"), v1alpha1.NoBaseline), func(request *admissionv1.AdmissionRequest) *metav1.Status {
		if request.Name == target.Name {
			return &metav1.Status{Message: refusal}
		}
		return nil
	}, admissionregistrationv1.Create, admissionregistrationv1.Update)
	for range 3 {
		e.requireRefused(e.setAnnotation(alice, target.Name, v1alpha1.AnnotationBaseline, baseline.Name), refusal)
		e.requireRefused(e.setAnnotation(bob, target.Name, v1alpha1.AnnotationBaseline, baseline.Name), byPolicy)
	}
	after := e.uniqueName("after")
	e.createObjects(annotatedNamespace(after, baseline.Name))
	e.awaitReady(after, corev1.ConditionTrue, "")
	e.requireNoConfigMap("a", target.Name)
	if condition, err := e.readyCondition(e.ctx(), target.Name); err != nil || condition != nil {
		t.Errorf("its condition is %v, %v", condition, err)
	}
}

// The webhook configuration is replaced: its UID stays, and no webhook is called any more.
func TestReplacedWebhookConfigurationAllowsNothing(t *testing.T) {
	e := newInstallation(t)
	e.startController()
	e.createWebBaseline()
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: seedbed.WebhookConfiguration}}
	e.updateObject(configuration, func() { configuration.Webhooks = nil })
	bob := e.newUser("bob", append([]rbacv1.PolicyRule{newRule("create", v1alpha1.GroupName, "baselines")}, onNamespaces...)...)
	for range 3 {
		e.requireRefused(bob.Create(e.ctx(), annotatedNamespace("by-bob", "web")), byPolicy)
		e.requireRefused(bob.Create(e.ctx(), &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "forged"}, Spec: v1alpha1.BaselineSpec{Backup: e.uniqueName("backup")}}), "you may not restore from it")
	}
	if err := e.newWebUser().Create(e.ctx(), annotatedNamespace("by-alice", "web")); err != nil {
		t.Error(errors.Join(errors.New("by somebody who may"), err))
	}
	e.awaitConfigMap("by-alice", "a")
}
