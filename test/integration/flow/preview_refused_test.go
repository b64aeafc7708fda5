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

// Whoever sees what a backup holds may restore it into the namespace, and may ask.
func TestPreviewNeedsTheRightsOfTheRestore(t *testing.T) {
	w := shared(t)
	backup := w.backup(w.source(configMap("a")), "configmaps").Name
	baseline := w.baseline(backup, nil).Name
	target := w.prepared().Name
	byHand, byRules := v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup}, v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup, Baseline: baseline}
	asks, reads := may("create", v1alpha1.GroupName, "baselinepreviews"), may("restore", v1alpha1.GroupName, "baselinebackups", backup)
	writes := may("create", v1alpha1.GroupName, "baselinerestores")

	other := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: w.name("other")}, Spec: v1alpha1.BaselineSpec{Backup: "other"}}
	w.create(other)
	everywhere := w.user("everywhere", asks, reads, writes)
	here := w.user("here", asks, reads)
	w.grant(target, w.name("here"), writes)
	for _, test := range []struct {
		name string
		who  client.Client
		spec v1alpha1.BaselinePreviewSpec
		says string // empty where it is answered
	}{
		{"in the whole cluster", everywhere, byHand, ""},
		{"in the whole cluster, by a baseline", everywhere, byRules, ""},
		{"in the whole cluster, of a namespace that is not there", everywhere, v1alpha1.BaselinePreviewSpec{Namespace: w.name("none"), Backup: backup}, ""},
		{"in the namespace", here, byHand, ""},
		{"in the namespace, by a baseline", here, byRules, ""},
		{"of another namespace", here, v1alpha1.BaselinePreviewSpec{Namespace: "default", Backup: backup}, "you may not restore into namespace default"},
		{"of a namespace that is not there", here, v1alpha1.BaselinePreviewSpec{Namespace: w.name("none"), Backup: backup}, "you may not restore into namespace"},
		{"without create on restores", w.user("reads", asks, reads), byHand, "you may not restore into namespace " + target},
		{"without restore on the backup", w.user("writes", asks, writes), byHand, "backup " + backup + " does not exist, or you may not restore from it"},
		{"without restore on the baseline's backup", w.user("writes-too", asks, writes), byRules, "backup " + backup + " does not exist, or you may not restore from it"},
		{"without create on previews", w.user("neither", reads, writes), byHand, "cannot create resource"},
		{"of another backup", everywhere, v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup + "x"}, "does not exist, or you may not restore from it"},
		{"of a baseline of another backup", everywhere, v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup, Baseline: other.Name}, "does not exist, or its backup is not " + backup},
		{"of a baseline that is not there", everywhere, v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup, Baseline: baseline + "x"}, "does not exist, or its backup is not " + backup},
		{"of a backup that is not there", w.Client, v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup + "x"}, "BackupNotFound: spec.backup: backup " + backup + "x does not exist"},
		{"into a system namespace", w.Client, v1alpha1.BaselinePreviewSpec{Namespace: "kube-system", Backup: backup}, "belongs to the system"},
		{"into Seedbed's own", w.Client, v1alpha1.BaselinePreviewSpec{Namespace: seedbed.Namespace, Backup: backup}, "belongs to the system"},
		{"into no namespace's name", w.Client, v1alpha1.BaselinePreviewSpec{Namespace: "Bar", Backup: backup}, "spec.namespace"},
		{"of no backup", w.Client, v1alpha1.BaselinePreviewSpec{Namespace: target}, "spec.backup"},
		{"by a baseline, by rules of its own", w.Client, v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup, Baseline: baseline, ExistingResources: "Update"}, "a Baseline has its own"},
		{"of a namespace that the backup does not hold", w.Client, v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup, SourceNamespace: "other"}, "SourceNamespaceUnknown"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := &world{Installation: w.Installation, t: t, suffix: w.suffix}
			status, err := w.previewBy(test.who, test.spec)
			if test.says == "" {
				if err != nil || status.Counts.Total == 0 {
					t.Errorf("who may is refused: %v", err)
				}
				return
			}
			w.refused(err, test.says)
			if status != nil && (len(status.Items) > 0 || status.Digest != "" || status.Counts.Total > 0) {
				t.Errorf("the refusal has content: %+v", status)
			}
		})
	}
}

// There is no other door: neither a dry run nor server-side apply gets an answer without the right, and a dry run gets none
// with it.
func TestPreviewHasNoOtherDoor(t *testing.T) {
	w := shared(t)
	backup := w.backup(w.source(configMap("a")), "configmaps").Name
	tenant := w.user("tenant", may("create,patch", v1alpha1.GroupName, "baselinepreviews"), may("create", v1alpha1.GroupName, "baselinerestores"))
	request := func() *v1alpha1.BaselinePreview {
		return &v1alpha1.BaselinePreview{
			TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "BaselinePreview"}, ObjectMeta: metav1.ObjectMeta{Name: w.name("preview")},
			Spec: v1alpha1.BaselinePreviewSpec{Namespace: w.name("none"), Backup: backup, Objects: true},
		}
	}
	w.refused(tenant.Create(w.ctx(), request(), client.DryRunAll), "you may not restore from it")
	//nolint:staticcheck // the typed successor needs generated types that this API has not
	w.refused(tenant.Patch(w.ctx(), request(), client.Apply, client.FieldOwner("tenant")), "you may not restore from it")
	if w.there(&v1alpha1.BaselinePreview{}, "", w.name("preview")) {
		t.Error("it was stored")
	}
	dry := request()
	if err := w.Client.Create(w.ctx(), dry, client.DryRunAll); err != nil {
		t.Fatal(err)
	}
	if isTrue := meta.IsStatusConditionTrue(dry.Status.Conditions, v1alpha1.ConditionReady); isTrue || len(dry.Status.Items)+len(dry.Status.Objects) > 0 {
		t.Errorf("a dry run is answered: %+v", dry.Status)
	}
}

// grant gives somebody rights in one namespace, and comes back when they are in force.
func (w *world) grant(namespace, user string, rules ...rbacv1.PolicyRule) {
	w.t.Helper()
	w.create(
		&rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: user}, Rules: rules},
		&rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: user},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: user},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
		})
	w.eventually(func(ctx context.Context) error {
		for _, rule := range rules {
			review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{User: user, ResourceAttributes: &authorizationv1.ResourceAttributes{
				Namespace: namespace, Verb: rule.Verbs[0], Group: rule.APIGroups[0], Resource: rule.Resources[0],
			}}}
			if err := w.Client.Create(ctx, review); err != nil {
				return err
			}
			if !review.Status.Allowed {
				return fmt.Errorf("%v is not granted yet", rule)
			}
		}
		return nil
	})
}

// What would hold a preview beyond its time, forge its answer or leave no room for it is refused.
func TestPreviewCarriesNothingOfItsCreator(t *testing.T) {
	w := shared(t)
	backup := w.backup(w.source(configMap("a")), "configmaps").Name
	request := func(edit func(*v1alpha1.BaselinePreview)) *v1alpha1.BaselinePreview {
		preview := &v1alpha1.BaselinePreview{
			ObjectMeta: metav1.ObjectMeta{GenerateName: w.name("preview") + "-"},
			Spec:       v1alpha1.BaselinePreviewSpec{Namespace: w.name("none"), Backup: backup},
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
			w := &world{Installation: w.Installation, t: t, suffix: w.suffix}
			w.refused(w.Client.Create(w.ctx(), request(test.edit)), test.says)
		})
	}

	forged := request(func(p *v1alpha1.BaselinePreview) {
		p.Status.Digest = "forged"
		p.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonAnswered, LastTransitionTime: metav1.Now()}}
	})
	w.create(forged)
	t.Cleanup(func() { _ = w.Client.Delete(w.cleanup(), forged) })
	if ready := w.awaitAnswer(forged); ready.Status != metav1.ConditionTrue || forged.Status.Digest == "forged" || forged.Status.Counts.Total == 0 {
		t.Errorf("%+v is not Seedbed's answer", forged.Status)
	}
	for field, value := range map[string]string{
		`{"spec":{"backup":"other"}}`:                      "spec is immutable",
		`{"metadata":{"finalizers":["example.com/held"]}}`: "metadata.finalizers",
	} {
		w.refused(w.Client.Patch(w.ctx(), forged.DeepCopy(), client.RawPatch(types.MergePatchType, []byte(field))), value)
	}
}

// A role that the API server hands on to tenants would show them everybody's previews.
func TestNoAggregatedRoleReadsPreviews(t *testing.T) {
	w := shared(t)
	for _, name := range []string{"view", "edit", "admin", "seedbed-view", "seedbed-user"} {
		role := &rbacv1.ClusterRole{}
		if !w.there(role, "", name) {
			t.Fatalf("there is no ClusterRole %s", name)
		}
		for _, rule := range role.Rules {
			if slices.Contains(rule.APIGroups, v1alpha1.GroupName) && (slices.Contains(rule.Resources, "baselinepreviews") || slices.Contains(rule.Resources, "*")) {
				t.Errorf("%s has %v", name, rule)
			}
		}
	}
	w.create(&rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: w.name("keeper")}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "seedbed-admin"},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: w.name("keeper")}},
	})
	keeper := w.user("keeper")
	backup := w.backup(w.source(configMap("a")), "configmaps").Name
	w.eventually(func(ctx context.Context) error {
		return keeper.Get(ctx, client.ObjectKey{Name: backup}, &v1alpha1.BaselineBackup{})
	})
	preview, err := w.previewRequest(keeper, v1alpha1.BaselinePreviewSpec{Namespace: w.name("none"), Backup: backup})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(keeper.Get(w.ctx(), client.ObjectKeyFromObject(preview), preview), keeper.Delete(w.ctx(), preview)); err != nil {
		t.Errorf("an administrator of baselines reads and deletes a preview: %v", err)
	}
	w.refused(keeper.List(w.ctx(), &v1alpha1.BaselinePreviewList{}), "cannot list resource")
}

func TestANamespaceThatGoesAwayCannotBePreviewed(t *testing.T) {
	w := shared(t)
	backup := w.backup(w.source(configMap("a")), "configmaps").Name
	held := configMap("held")
	held.Finalizers = []string{"example.com/held"}
	target := w.prepared(held)
	w.t.Cleanup(func() {
		if err := w.Client.Patch(w.cleanup(), held, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`))); err != nil {
			t.Error(err)
		}
	})
	w.remove(target)
	_, err := w.previewBy(w.Client, v1alpha1.BaselinePreviewSpec{Namespace: target.Name, Backup: backup})
	w.refused(err, "namespace "+target.Name+" is being deleted")
}

func TestABackupThatCannotBeRestoredCannotBePreviewed(t *testing.T) {
	w := shared(t)
	failed := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: w.name("backup")}, Spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{w.name("nowhere")}}}
	w.create(failed)
	w.awaitPhase(failed, &failed.Status.Conditions, v1alpha1.PhaseFailed)
	_, err := w.previewBy(w.Client, v1alpha1.BaselinePreviewSpec{Namespace: "any", Backup: failed.Name})
	w.refused(err, "backup "+failed.Name+" is Failed: it can be restored when it is Completed")

	damaged := w.another()
	backup := damaged.backup(damaged.source(configMap("a")), "configmaps").Name
	for _, secret := range damaged.chunks(backup) {
		w.remove(&secret)
	}
	_, err = w.previewBy(w.Client, v1alpha1.BaselinePreviewSpec{Namespace: "any", Backup: backup})
	w.refused(err, "backup "+backup+": backup content")
}
