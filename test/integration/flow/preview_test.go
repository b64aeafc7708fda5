package flow

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// secretValue is in the source's Secret, and must not appear where a user without access to it can read.
const secretValue = "s3cr3t-of-the-source"

// forPreviews returns objects with different results: plain ones, some that need another of them, one that Seedbed may not
// grant, and one that is never restored.
func forPreviews() []client.Object {
	labels := map[string]string{"app": "web"}
	named := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name} }
	pod := corev1.PodSpec{ServiceAccountName: "app", AutomountServiceAccountToken: new(false), Containers: []corev1.Container{{Name: "web", Image: "web"}}}
	return []client.Object{
		configMap("same"), configMap("differs"), configMap("missing"),
		&corev1.Secret{ObjectMeta: named("token"), Data: map[string][]byte{"token": []byte(secretValue)}},
		&corev1.Secret{ObjectMeta: named("release"), Type: "helm.sh/release.v1"},
		&corev1.ServiceAccount{ObjectMeta: named("app"), ImagePullSecrets: []corev1.LocalObjectReference{{Name: "pull"}}},
		&corev1.Service{ObjectMeta: named("web"), Spec: corev1.ServiceSpec{Selector: labels, Ports: []corev1.ServicePort{{Port: 80}}}},
		&rbacv1.Role{ObjectMeta: named("reader"), Rules: []rbacv1.PolicyRule{{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"pods"}}}},
		&rbacv1.RoleBinding{
			ObjectMeta: named("reader"), RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "reader"},
			Subjects: []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: "app"}},
		},
		&rbacv1.Role{ObjectMeta: named("impersonator"), Rules: []rbacv1.PolicyRule{{Verbs: []string{"impersonate"}, APIGroups: []string{""}, Resources: []string{"users"}}}},
		&appsv1.Deployment{ObjectMeta: named("web"), Spec: appsv1.DeploymentSpec{
			Replicas: new(int32(0)), Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: pod},
		}},
		&corev1.Pod{ObjectMeta: named("single"), Spec: pod},
	}
}

// previewSource creates a namespace with forPreviews and a "default" ServiceAccount that is not the plain one.
func (e *env) previewSource() string {
	e.t.Helper()
	objects := forPreviews()
	for _, object := range objects {
		if binding, ok := object.(*rbacv1.RoleBinding); ok {
			binding.Subjects[0].Namespace = e.uniqueName("source")
		}
	}
	pod := objects[len(objects)-1].(*corev1.Pod)
	source := e.createSource(objects[:len(objects)-1]...)
	account := e.defaultAccount(source)
	e.updateObject(account, func() { account.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "pull"}} })
	pod.Namespace = source
	e.createObjects(pod)
	return source
}

// defaultAccount returns the ServiceAccount that the controller manager creates, as soon as it exists.
func (e *env) defaultAccount(namespace string) *corev1.ServiceAccount {
	e.t.Helper()
	account := &corev1.ServiceAccount{}
	e.eventually(func(ctx context.Context) error {
		return e.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "default"}, account)
	})
	return account
}

// createPreview creates a preview as the administrator and returns its answer, which must come.
func (e *env) createPreview(spec v1alpha1.BaselinePreviewSpec) *v1alpha1.BaselinePreviewStatus {
	e.t.Helper()
	status, err := e.previewBy(e.Client, spec)
	if err != nil {
		e.t.Fatal(err)
	}
	return status
}

// previewBy creates a preview as that user and reads the answer as the administrator. It returns an error if the creation or
// the preview is refused.
func (e *env) previewBy(c client.Client, spec v1alpha1.BaselinePreviewSpec) (*v1alpha1.BaselinePreviewStatus, error) {
	e.t.Helper()
	preview, err := e.previewRequest(c, spec)
	if err != nil {
		return nil, err
	}
	ready := e.awaitAnswer(preview)
	if ready.Status != metav1.ConditionTrue {
		return &preview.Status, fmt.Errorf("%s: %s", ready.Reason, ready.Message)
	}
	return &preview.Status, nil
}

// previewRequest creates a preview as that user. If it names only a Baseline, it fills in the backup.
func (e *env) previewRequest(c client.Client, spec v1alpha1.BaselinePreviewSpec) (*v1alpha1.BaselinePreview, error) {
	e.t.Helper()
	baseline := &v1alpha1.Baseline{}
	if spec.Baseline != "" && spec.Backup == "" && e.objectExists(baseline, "", spec.Baseline) {
		spec.Backup = baseline.Spec.Backup
	}
	preview := &v1alpha1.BaselinePreview{ObjectMeta: metav1.ObjectMeta{GenerateName: e.uniqueName("preview") + "-"}, Spec: spec}
	if err := c.Create(e.ctx(), preview); err != nil {
		return nil, err
	}
	e.t.Cleanup(func() { _ = e.Client.Delete(e.cleanupContext(), preview) })
	return preview, nil
}

// awaitAnswer waits until a preview is answered, or refused for good.
func (e *env) awaitAnswer(preview *v1alpha1.BaselinePreview) *metav1.Condition {
	e.t.Helper()
	var ready *metav1.Condition
	e.eventually(func(ctx context.Context) error {
		if err := e.Client.Get(ctx, client.ObjectKeyFromObject(preview), preview); err != nil {
			return err
		}
		ready = meta.FindStatusCondition(preview.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Status == metav1.ConditionUnknown {
			return fmt.Errorf("preview %s has no answer: %v", preview.Name, ready)
		}
		return nil
	})
	return ready
}

// byHand restores a backup and waits until the attempt has ended in this phase.
func (e *env) byHand(namespace, backup string, existing v1alpha1.ExistingResources, phase string) *v1alpha1.BaselineRestoreStatus {
	e.t.Helper()
	record := &v1alpha1.BaselineRestore{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: e.uniqueName("by-hand")},
		Spec:       v1alpha1.BaselineRestoreSpec{Backup: backup, ExistingResources: existing},
	}
	e.createObjects(record)
	e.awaitPhase(record, &record.Status.Conditions, phase)
	return &record.Status
}

func TestPreviewMatchesRestore(t *testing.T) {
	e := sharedInstallation(t)
	backup := e.createBackup(e.previewSource()).Name
	missing := func(e *env) string { return e.uniqueName("target") }
	populated := func(e *env) string {
		differs, moved := configMap("differs"), forPreviews()[10].(*appsv1.Deployment)
		differs.Data["key"] = "the tenant's"
		moved.Spec.Selector.MatchLabels = map[string]string{"app": "another"} // which never changes
		moved.Spec.Template.Labels = moved.Spec.Selector.MatchLabels
		return e.createTenantNamespace(configMap("same"), differs, moved, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "app"}}).Name
	}
	everything := map[string]v1alpha1.Result{
		"configmaps/same": "Created", "configmaps/differs": "Created", "configmaps/missing": "Created", "configmaps/kube-root-ca.crt": "Skipped",
		"secrets/token": "Created", "secrets/release": "Skipped", "services/web": "Created",
		"serviceaccounts/app": "Created", "serviceaccounts/default": "Updated",
		"roles.rbac.authorization.k8s.io/reader": "Created", "rolebindings.rbac.authorization.k8s.io/reader": "Created",
		"roles.rbac.authorization.k8s.io/impersonator": "Failed", "deployments.apps/web": "Created", "pods/single": "Created",
	}
	tests := []struct {
		name     string
		target   func(*env) string
		existing v1alpha1.ExistingResources
		differs  map[string]v1alpha1.Result
	}{
		{"a namespace that is not there", missing, "", nil},
		{"one that holds some of it", populated, "", map[string]v1alpha1.Result{
			"configmaps/same": "Unchanged", "configmaps/differs": "Kept", "deployments.apps/web": "Kept", "serviceaccounts/app": "Updated"}},
		{"one whose objects are updated", populated, v1alpha1.ExistingResourcesUpdate, map[string]v1alpha1.Result{
			"configmaps/same": "Unchanged", "configmaps/differs": "Updated", "deployments.apps/web": "Failed", "serviceaccounts/app": "Updated"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			target := test.target(e)
			if there := e.objectExists(&corev1.Namespace{}, "", target); there {
				e.defaultAccount(target)
			}
			preview := e.createPreview(v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup, ExistingResources: test.existing})

			want := maps.Clone(everything)
			maps.Copy(want, test.differs)
			if diff := cmp.Diff(want, previewResults(preview), cmp.FilterPath(isGenerated, cmp.Ignore())); diff != "" {
				t.Errorf("the preview (want, got): %s", diff)
			}
			if !preview.NamespaceExists {
				if e.objectExists(&corev1.Namespace{}, "", target) {
					t.Error("the preview made the namespace")
				}
				e.createObjects(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: target}})
				e.defaultAccount(target)
			}
			restored := e.byHand(target, backup, test.existing, v1alpha1.PhasePartiallyFailed)
			if diff := cmp.Diff(recordedResults(&restored.RestoreResult), previewResults(preview)); diff != "" {
				t.Errorf("what the restore did, and what the preview said: %s", diff)
			}
			if diff := cmp.Diff(restored.Counts, preview.Counts); diff != "" {
				t.Errorf("counts (restore, preview): %s", diff)
			}
			if diff := cmp.Diff(restored.Warnings, preview.Warnings); diff != "" {
				t.Errorf("warnings (restore, preview): %s", diff)
			}
			if diff := cmp.Diff(restored.Errors, previewFailures(preview)); diff != "" {
				t.Errorf("errors (restore, preview): %s", diff)
			}
		})
	}
}

// isGenerated reports whether a path is of an object that a controller derives from the source's, under a generated name.
func isGenerated(path cmp.Path) bool {
	key, isKey := path.Last().(cmp.MapIndex)
	return isKey && (strings.HasPrefix(key.Key().String(), "replicasets.apps/") || strings.HasPrefix(key.Key().String(), "events") ||
		strings.HasPrefix(key.Key().String(), "endpoint"))
}

// previewResults returns a preview's results by object.
func previewResults(preview *v1alpha1.BaselinePreviewStatus) map[string]v1alpha1.Result {
	found := map[string]v1alpha1.Result{}
	for _, item := range preview.Items {
		found[item.Object] = item.Result
	}
	return found
}

// recordedResults returns a restore's results by object.
func recordedResults(result *v1alpha1.RestoreResult) map[string]v1alpha1.Result {
	found := map[string]v1alpha1.Result{}
	for _, object := range result.Objects {
		found[object.Object] = object.Result
	}
	return found
}

// previewFailures returns a preview's failures as a record lists errors.
func previewFailures(preview *v1alpha1.BaselinePreviewStatus) []string {
	var lines []string
	for _, item := range preview.Items {
		if item.Result == v1alpha1.ResultFailed {
			lines = append(lines, fmt.Sprintf("%s: %s", item.Object, item.Reason))
		}
	}
	return v1alpha1.Bound(lines)
}

// The first baseline to restore an object wins, also if the second one updates existing objects.
func TestPreviewKeepsObjectsOfFirstBaseline(t *testing.T) {
	e := sharedInstallation(t)
	first := e.createBaseline(e.createBackup(e.createSource(configMap("both"), configMap("first")), "configmaps").Name, nil)
	another, both := e.withOwnNames(), configMap("both")
	both.Data["key"] = "the second's"
	second := another.createBaseline(another.createBackup(another.createSource(both, configMap("second")), "configmaps").Name, func(s *v1alpha1.BaselineSpec) {
		s.ExistingResources = v1alpha1.ExistingResourcesUpdate
	})
	target := annotatedNamespace(e.uniqueName("target"), first.Name)
	e.createObjects(target)
	e.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)

	preview := e.createPreview(v1alpha1.BaselinePreviewSpec{Namespace: target.Name, Baseline: second.Name})
	e.requestBaselines(target, first.Name, second.Name)
	e.eventually(func(ctx context.Context) error {
		record := &v1alpha1.BaselineRecord{}
		return e.Client.Get(ctx, client.ObjectKey{Namespace: target.Name, Name: second.Name}, record)
	})
	record := e.getRecord(target.Name, second.Name)

	want := map[string]v1alpha1.Result{"configmaps/both": "Kept", "configmaps/second": "Created", "configmaps/kube-root-ca.crt": "Skipped"}
	for who, got := range map[string]map[string]v1alpha1.Result{"the preview": previewResults(preview), "the restore": recordedResults(&record.Result)} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (want, got): %s", who, diff)
		}
	}
	i := slices.IndexFunc(preview.Items, func(item v1alpha1.ObjectResult) bool { return item.Object == "configmaps/both" })
	e.requireContains(preview.Items[i].Reason, fmt.Sprintf("belongs to the baseline %q", first.Name))

	again := e.createPreview(v1alpha1.BaselinePreviewSpec{Namespace: target.Name, Baseline: second.Name})
	if again.FromBackup != second.Spec.Backup || again.Counts.Unchanged != 2 || len(again.Items) > 0 {
		t.Errorf("a preview for a namespace that holds the baseline is %+v, want an update without changes", again)
	}
}

func TestPreviewIncludesNamespaceMetadata(t *testing.T) {
	e := sharedInstallation(t)
	source := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: e.uniqueName("source"), Labels: map[string]string{"team": "platform", "tier": "gold", "other": "label"},
		Annotations: map[string]string{"example.com/contact": "platform"},
	}}
	e.createObjects(source)
	a := configMap("a")
	a.Namespace = source.Name
	e.createObjects(a)
	baseline := e.createBaseline(e.createBackup(source.Name, "configmaps").Name, func(s *v1alpha1.BaselineSpec) {
		s.NamespaceMetadata = &v1alpha1.NamespaceMetadata{Labels: []string{"team", "tier"}, Annotations: []string{"example.com/*"}}
	})
	target := labelledNamespace(e.uniqueName("target"), "team", "payments")
	e.createObjects(target)
	for name, labels := range map[string]map[string]string{
		target.Name: {"tier": "gold"}, e.uniqueName("missing"): {"team": "platform", "tier": "gold"},
	} {
		preview := e.createPreview(v1alpha1.BaselinePreviewSpec{Namespace: name, Baseline: baseline.Name})
		if diff := cmp.Diff(labels, preview.Labels); diff != "" {
			t.Errorf("labels of %s (want, got): %s", name, diff)
		}
		if diff := cmp.Diff(map[string]string{"example.com/contact": "platform"}, preview.Annotations); diff != "" {
			t.Errorf("annotations of %s (want, got): %s", name, diff)
		}
	}
}
