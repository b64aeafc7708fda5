package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// A preview shows the content of a backup, so its creator needs the permission to restore it into the namespace.
func TestPreviewNeedsRestorePermission(t *testing.T) {
	e := sharedInstallation(t)
	backup := e.createBackup(e.createSource(configMap("a")), "configmaps").Name
	baseline := e.createBaseline(backup, nil).Name
	target := e.createTenantNamespace().Name
	byHand, byRules := v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup}, v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup, Baseline: baseline}
	ofAll := v1alpha1.BaselinePreviewSpec{Fleet: &v1alpha1.FleetPreview{}, Backup: backup, Baseline: baseline}
	asks, reads := newRule("create", v1alpha1.GroupName, "baselinepreviews"), newRule("restore", v1alpha1.GroupName, "baselinebackups", backup)
	writes := newRule("create", v1alpha1.GroupName, "baselinerestores")

	other := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("other")}, Spec: v1alpha1.BaselineSpec{Backup: "other"}}
	e.createObjects(other)
	everywhere := e.newUser("everywhere", asks, reads, writes)
	here := e.newUser("here", asks, reads)
	e.grantRules(target, e.uniqueName("here"), writes)
	for _, test := range []struct {
		name string
		who  client.Client
		spec v1alpha1.BaselinePreviewSpec
		says string // empty if it is answered
	}{
		{"in the whole cluster", everywhere, byHand, ""},
		{"in the whole cluster, by a baseline", everywhere, byRules, ""},
		{"in the whole cluster, of a namespace that is not there", everywhere, v1alpha1.BaselinePreviewSpec{Namespace: e.uniqueName("none"), Backup: backup}, ""},
		{"in the namespace", here, byHand, ""},
		{"in the namespace, by a baseline", here, byRules, ""},
		{"of another namespace", here, v1alpha1.BaselinePreviewSpec{Namespace: "default", Backup: backup}, "you may not restore into namespace default"},
		{"of a namespace that is not there", here, v1alpha1.BaselinePreviewSpec{Namespace: e.uniqueName("none"), Backup: backup}, "you may not restore into namespace"},
		{"of all namespaces, in the whole cluster", everywhere, ofAll, ""},
		{"of all namespaces, in one", here, ofAll, "spec.fleet: you may not restore into all namespaces"},
		{"of all namespaces, without restore on the backup", e.newUser("writes-all", asks, writes), ofAll, "backup " + backup + " does not exist, or you may not restore from it"},
		{"of all namespaces, by hand", e.Client, v1alpha1.BaselinePreviewSpec{Fleet: &v1alpha1.FleetPreview{}, Backup: backup}, "fleet goes with baseline"},
		{"of all namespaces and one", e.Client, v1alpha1.BaselinePreviewSpec{Fleet: &v1alpha1.FleetPreview{}, Namespace: target, Backup: backup, Baseline: baseline}, "set exactly one of namespace and fleet"},
		{"of all namespaces, with objects", e.Client, v1alpha1.BaselinePreviewSpec{Fleet: &v1alpha1.FleetPreview{}, Backup: backup, Baseline: baseline, Objects: true}, "without objects"},
		{"of nothing", e.Client, v1alpha1.BaselinePreviewSpec{Backup: backup}, "set exactly one of namespace and fleet"},
		{"without create on restores", e.newUser("reads", asks, reads), byHand, "you may not restore into namespace " + target},
		{"without restore on the backup", e.newUser("writes", asks, writes), byHand, "backup " + backup + " does not exist, or you may not restore from it"},
		{"without restore on the baseline's backup", e.newUser("writes-too", asks, writes), byRules, "backup " + backup + " does not exist, or you may not restore from it"},
		{"without create on previews", e.newUser("neither", reads, writes), byHand, "cannot create resource"},
		{"of another backup", everywhere, v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup + "x"}, "does not exist, or you may not restore from it"},
		{"of a baseline of another backup", everywhere, v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup, Baseline: other.Name}, ""},
		{"of a baseline that is not there", everywhere, v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup, Baseline: baseline + "x"}, "baseline " + baseline + "x does not exist"},
		{"of a backup that is not there", e.Client, v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup + "x"}, "BackupNotFound: spec.backup: backup " + backup + "x does not exist"},
		{"into a system namespace", e.Client, v1alpha1.BaselinePreviewSpec{Namespace: "kube-system", Backup: backup}, "belongs to the system"},
		{"into Seedbed's own", e.Client, v1alpha1.BaselinePreviewSpec{Namespace: seedbed.Namespace, Backup: backup}, "belongs to the system"},
		{"into no namespace's name", e.Client, v1alpha1.BaselinePreviewSpec{Namespace: "Bar", Backup: backup}, "spec.namespace"},
		{"of no backup", e.Client, v1alpha1.BaselinePreviewSpec{Namespace: target}, "spec.backup"},
		{"by a baseline, by rules of its own", e.Client, v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup, Baseline: baseline, ExistingResources: "Update"}, "a Baseline has its own"},
		{"of a namespace that the backup does not hold", e.Client, v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup, SourceNamespace: "other"}, "SourceNamespaceUnknown"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := &env{Installation: e.Installation, t: t, suffix: e.suffix}
			status, err := e.previewBy(test.who, test.spec)
			if test.says == "" {
				if err != nil || status.Fleet == nil && status.Counts.Total == 0 {
					t.Errorf("who may is refused: %v", err)
				}
				return
			}
			e.requireRefused(err, test.says)
			if status != nil && (len(status.Items) > 0 || status.Fleet != nil || status.Digest != "" || status.Counts.Total > 0) {
				t.Errorf("the refusal has content: %+v", status)
			}
		})
	}
}

// There is no other path: neither a dry run nor server-side apply gets an answer without the permission, and a dry run gets
// none with it.
func TestPreviewHasNoOtherPath(t *testing.T) {
	e := sharedInstallation(t)
	backup := e.createBackup(e.createSource(configMap("a")), "configmaps").Name
	tenant := e.newUser("tenant", newRule("create,patch", v1alpha1.GroupName, "baselinepreviews"), newRule("create", v1alpha1.GroupName, "baselinerestores"))
	request := func() *v1alpha1.BaselinePreview {
		return &v1alpha1.BaselinePreview{
			TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "BaselinePreview"}, ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("preview")},
			Spec: v1alpha1.BaselinePreviewSpec{Namespace: e.uniqueName("none"), Backup: backup, Objects: true},
		}
	}
	e.requireRefused(tenant.Create(e.ctx(), request(), client.DryRunAll), "you may not restore from it")
	//nolint:staticcheck // the typed successor needs generated types that this API has not
	e.requireRefused(tenant.Patch(e.ctx(), request(), client.Apply, client.FieldOwner("tenant")), "you may not restore from it")
	if e.objectExists(&v1alpha1.BaselinePreview{}, "", e.uniqueName("preview")) {
		t.Error("it was stored")
	}
	dry := request()
	if err := e.Client.Create(e.ctx(), dry, client.DryRunAll); err != nil {
		t.Fatal(err)
	}
	if isTrue := meta.IsStatusConditionTrue(dry.Status.Conditions, v1alpha1.ConditionReady); isTrue || len(dry.Status.Items)+len(dry.Status.Objects) > 0 {
		t.Errorf("a dry run is answered: %+v", dry.Status)
	}
}

// grantRules grants a user these rules in one namespace, and returns when they are in force.
func (e *env) grantRules(namespace, user string, rules ...rbacv1.PolicyRule) {
	e.t.Helper()
	e.createObjects(
		&rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: user}, Rules: rules},
		&rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: user},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: user},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
		})
	e.eventually(func(ctx context.Context) error {
		for _, rule := range rules {
			review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{User: user, ResourceAttributes: &authorizationv1.ResourceAttributes{
				Namespace: namespace, Verb: rule.Verbs[0], Group: rule.APIGroups[0], Resource: rule.Resources[0],
			}}}
			if err := e.Client.Create(ctx, review); err != nil {
				return err
			}
			if !review.Status.Allowed {
				return fmt.Errorf("%v is not granted yet", rule)
			}
		}
		return nil
	})
}

// A preview that would outlast its time, forge its answer or leave no room for it is refused.
func TestPreviewMetadataIsRestricted(t *testing.T) {
	e := sharedInstallation(t)
	backup := e.createBackup(e.createSource(configMap("a")), "configmaps").Name
	request := func(edit func(*v1alpha1.BaselinePreview)) *v1alpha1.BaselinePreview {
		preview := &v1alpha1.BaselinePreview{
			ObjectMeta: metav1.ObjectMeta{GenerateName: e.uniqueName("preview") + "-"},
			Spec:       v1alpha1.BaselinePreviewSpec{Namespace: e.uniqueName("none"), Backup: backup},
		}
		edit(preview)
		return preview
	}
	many := map[string]string{}
	for i := range 17 {
		many[fmt.Sprintf("example.com/%d", i)] = "x"
	}
	for name, test := range map[string]struct {
		edit func(*v1alpha1.BaselinePreview)
		says string
	}{
		"a finalizer":      {func(p *v1alpha1.BaselinePreview) { p.Finalizers = []string{"example.com/held"} }, "metadata.finalizers"},
		"many labels":      {func(p *v1alpha1.BaselinePreview) { p.Labels = many }, "at most 16 labels"},
		"many annotations": {func(p *v1alpha1.BaselinePreview) { p.Annotations = many }, "at most 16 labels, and 16 annotations"},
		"a large annotation": {func(p *v1alpha1.BaselinePreview) {
			p.Annotations = map[string]string{"example.com/a": strings.Repeat("x", 5000)}
		}, "4096"},
	} {
		t.Run(name, func(t *testing.T) {
			e := &env{Installation: e.Installation, t: t, suffix: e.suffix}
			e.requireRefused(e.Client.Create(e.ctx(), request(test.edit)), test.says)
		})
	}

	forged := request(func(p *v1alpha1.BaselinePreview) {
		p.Status.Digest = "forged"
		p.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonAnswered, LastTransitionTime: metav1.Now()}}
	})
	e.createObjects(forged)
	t.Cleanup(func() { _ = e.Client.Delete(e.cleanupContext(), forged) })
	if ready := e.awaitAnswer(forged); ready.Status != metav1.ConditionTrue || forged.Status.Digest == "forged" || forged.Status.Counts.Total == 0 {
		t.Errorf("%+v is not Seedbed's answer", forged.Status)
	}
	for field, value := range map[string]string{
		`{"spec":{"backup":"other"}}`:                      "spec is immutable",
		`{"metadata":{"finalizers":["example.com/held"]}}`: "metadata.finalizers",
	} {
		e.requireRefused(e.Client.Patch(e.ctx(), forged.DeepCopy(), client.RawPatch(types.MergePatchType, []byte(field))), value)
	}
}

// A role that the API server aggregates for tenants would show them all users' previews.
func TestAggregatedRolesDoNotReadPreviews(t *testing.T) {
	e := sharedInstallation(t)
	for _, name := range []string{"view", "edit", "admin", "seedbed-view", "seedbed-user"} {
		role := &rbacv1.ClusterRole{}
		if !e.objectExists(role, "", name) {
			t.Fatalf("there is no ClusterRole %s", name)
		}
		for _, rule := range role.Rules {
			if slices.Contains(rule.APIGroups, v1alpha1.GroupName) && (slices.Contains(rule.Resources, "baselinepreviews") || slices.Contains(rule.Resources, "*")) {
				t.Errorf("%s has %v", name, rule)
			}
		}
	}
	e.createObjects(&rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("keeper")}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "seedbed-admin"},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: e.uniqueName("keeper")}},
	})
	keeper := e.newUser("keeper")
	backup := e.createBackup(e.createSource(configMap("a")), "configmaps").Name
	e.eventually(func(ctx context.Context) error {
		return keeper.Get(ctx, client.ObjectKey{Name: backup}, &v1alpha1.BaselineBackup{})
	})
	preview, err := e.previewRequest(keeper, v1alpha1.BaselinePreviewSpec{Namespace: e.uniqueName("none"), Backup: backup})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(keeper.Get(e.ctx(), client.ObjectKeyFromObject(preview), preview), keeper.Delete(e.ctx(), preview)); err != nil {
		t.Errorf("an administrator of baselines reads and deletes a preview: %v", err)
	}
	e.requireRefused(keeper.List(e.ctx(), &v1alpha1.BaselinePreviewList{}), "cannot list resource")
}

func TestTerminatingNamespaceIsNotPreviewed(t *testing.T) {
	e := sharedInstallation(t)
	backup := e.createBackup(e.createSource(configMap("a")), "configmaps").Name
	held := configMap("held")
	held.Finalizers = []string{"example.com/held"}
	target := e.createTenantNamespace(held)
	e.t.Cleanup(func() {
		if err := e.Client.Patch(e.cleanupContext(), held, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`))); err != nil {
			t.Error(err)
		}
	})
	e.deleteObjects(target)
	_, err := e.previewBy(e.Client, v1alpha1.BaselinePreviewSpec{Namespace: target.Name, Backup: backup})
	e.requireRefused(err, "namespace "+target.Name+" is being deleted")
}

func TestUnusableBackupIsNotPreviewed(t *testing.T) {
	e := sharedInstallation(t)
	failed := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("backup")}, Spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{e.uniqueName("nowhere")}}}
	e.createObjects(failed)
	e.awaitPhase(failed, &failed.Status.Conditions, v1alpha1.PhaseFailed)
	_, err := e.previewBy(e.Client, v1alpha1.BaselinePreviewSpec{Namespace: "any", Backup: failed.Name})
	e.requireRefused(err, "backup "+failed.Name+" is Failed: it can be restored when it is Completed")

	damaged := e.withOwnNames()
	backup := damaged.createBackup(damaged.createSource(configMap("a")), "configmaps").Name
	for _, secret := range damaged.listChunks(backup) {
		e.deleteObjects(&secret)
	}
	_, err = e.previewBy(e.Client, v1alpha1.BaselinePreviewSpec{Namespace: "any", Backup: backup})
	e.requireRefused(err, "backup "+backup+": backup content")
}
