package flow

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// newRollout makes a fleet that holds a Baseline with a rollout; edit may change that before the namespaces exist.
func newRollout(e *env, edit func(*v1alpha1.BaselineSpec)) *fleet {
	f := newFleet(e)
	f.updateObject(f.baseline, func() {
		f.baseline.Spec.Rollout = &v1alpha1.BaselineRollout{}
		if edit != nil {
			edit(&f.baseline.Spec)
		}
	})
	f.createNamespaces()
	f.awaitCounts("populated", f.allCurrent())
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	return f
}

// awaitRollout waits until the condition RolledOut describes the Baseline's spec and has a reason, and returns its message.
func (f *fleet) awaitRollout(reason string) (message string) {
	f.t.Helper()
	f.eventually(func(ctx context.Context) error {
		baseline := &v1alpha1.Baseline{}
		if err := f.Client.Get(ctx, client.ObjectKeyFromObject(f.baseline), baseline); err != nil {
			return err
		}
		condition := meta.FindStatusCondition(baseline.Status.Conditions, v1alpha1.ConditionRolledOut)
		if condition == nil || condition.Reason != reason || condition.ObservedGeneration != baseline.Generation {
			return fmt.Errorf("RolledOut is %+v at generation %d, want %s; rollout %+v", condition, baseline.Generation, reason, baseline.Status.Rollout)
		}
		baseline.DeepCopyInto(f.baseline)
		message = condition.Message
		return nil
	})
	return message
}

// rotate backs the source up with another password, and points the Baseline at that backup.
func (f *fleet) rotate(password string) *v1alpha1.BaselineBackup {
	f.t.Helper()
	return f.replaceBackup(func(e *env, source string) {
		secret := newPassword("")
		secret.Namespace = source
		e.updateObject(secret, func() { secret.Data = map[string][]byte{"password": []byte(password)} })
	})
}

func (f *fleet) getSecret(namespace string) *corev1.Secret {
	f.t.Helper()
	secret := &corev1.Secret{}
	if err := f.Client.Get(f.ctx(), client.ObjectKey{Namespace: namespace, Name: "db"}, secret); err != nil {
		f.t.Fatal(err)
	}
	return secret
}

// passwords returns the password of each namespace.
func (f *fleet) passwords() []string {
	f.t.Helper()
	var out []string
	for i := range f.size {
		out = append(out, string(f.getSecret(f.namespaceName(i)).Data["password"]))
	}
	return out
}

func (f *fleet) readRecord(i int) *v1alpha1.BaselineRecord {
	f.t.Helper()
	record := f.getRecord(f.namespaceName(i))
	if err := f.Client.Get(f.ctx(), client.ObjectKeyFromObject(record), record); err != nil {
		f.t.Fatal(err)
	}
	return record
}

func TestRolloutKeepsWhatTenantsChanged(t *testing.T) {
	f := newRollout(sharedInstallation(t), nil)
	added, changed, deleted := f.getSecret(f.namespaceName(1)), f.getSecret(f.namespaceName(2)), f.namespaceName(3)
	f.updateObject(added, func() { added.Data["tenants"] = []byte("own") })
	f.updateObject(changed, func() { changed.Data["password"] = []byte("mine") })
	f.deleteObjects(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: deleted, Name: "settings"}})

	f.replaceBackup(func(e *env, source string) {
		secret, settings := newPassword(""), configMap("settings")
		secret.Namespace, settings.Namespace = source, source
		e.updateObject(secret, func() { secret.Data = map[string][]byte{"password": []byte("new")} })
		e.updateObject(settings, func() { settings.Data = map[string]string{"mode": "new"} })
	})
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	want := slices.Repeat([]string{"new"}, f.size)
	want[2] = "mine"
	if got := f.passwords(); !slices.Equal(got, want) {
		t.Errorf("the passwords are %v, want %v", got, want)
	}
	if got := f.getSecret(f.namespaceName(1)).Data["tenants"]; string(got) != "own" {
		t.Errorf("the tenant's own key is %q", got)
	}
	if f.objectExists(&corev1.ConfigMap{}, deleted, "settings") {
		t.Error("a ConfigMap that the tenant deleted is back")
	}
	for i, kept := range map[int]string{2: "secrets/db: Kept: data.password", 3: "configmaps/settings: Kept: was deleted here"} {
		record := f.readRecord(i)
		if record.Update == nil || record.Update.Counts.Kept != 1 || record.Update.Counts.Updated != 1 || !strings.HasPrefix(record.Update.Objects[0].String(), kept) {
			t.Errorf("record %d has %+v, want %s", i, record.Update, kept)
		}
		if record.Revision.Backup != f.baseline.Spec.Backup {
			t.Errorf("record %d holds %s", i, record.Revision.Backup)
		}
	}
	size := int32(f.size)
	f.awaitCounts("rolled out", v1alpha1.NamespaceCounts{Namespaces: size, UpdatedNamespaces: size, KeptNamespaces: 2})
}

func TestRolloutWaitsForApprovalAndPause(t *testing.T) {
	one := intstr.FromInt32(1)
	f := newRollout(sharedInstallation(t), func(spec *v1alpha1.BaselineSpec) {
		spec.Rollout.Steps = []v1alpha1.RolloutStep{{Name: "canary", Namespaces: &one, Approval: true}}
	})
	f.rotate("new")
	message := f.awaitRollout(v1alpha1.ReasonAwaitingApproval)
	f.requireContains(message, "approve")
	if got := f.countPassword("new"); got != 1 {
		t.Errorf("%d namespaces were updated before the approval", got)
	}
	annotate := func(key, value string) {
		f.updateObject(f.baseline, func() { metav1.SetMetaDataAnnotation(&f.baseline.ObjectMeta, key, value) })
	}
	annotate(v1alpha1.AnnotationRolloutApproved, "0123456789abcdef/1")
	annotate(v1alpha1.AnnotationRolloutPaused, "true")
	f.awaitRollout(v1alpha1.ReasonPaused)
	annotate(v1alpha1.AnnotationRolloutApproved, f.baseline.Status.RevisionHash+"/1")
	f.awaitRollout(v1alpha1.ReasonPaused)
	if got := f.countPassword("new"); got != 1 {
		t.Errorf("%d namespaces were updated while the rollout was paused", got)
	}
	f.updateObject(f.baseline, func() { delete(f.baseline.Annotations, v1alpha1.AnnotationRolloutPaused) })
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	if got := f.countPassword("new"); got != f.size {
		t.Errorf("%d namespaces were updated, want all", got)
	}
}

func (f *fleet) countPassword(password string) int {
	f.t.Helper()
	count := 0
	for _, have := range f.passwords() {
		if have == password {
			count++
		}
	}
	return count
}

// newStatefulSet returns a StatefulSet without Pods. Its serviceName cannot be changed.
func newStatefulSet(service string) *appsv1.StatefulSet {
	labels := map[string]string{"app": "db"}
	return &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Name: "db"},
		Spec: appsv1.StatefulSetSpec{
			Replicas: new(int32), ServiceName: service, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "db", Image: "db:1"}}},
			},
		},
	}
}

func TestRolloutStopsAtItsFirstNamespaceAndIsUndone(t *testing.T) {
	e := sharedInstallation(t)
	f := &fleet{env: e, size: 6, label: e.uniqueName("fleet")}
	source := e.createSource(newPassword("old"), newStatefulSet("one"))
	f.baseline = e.createBaseline(e.createBackup(source, "statefulsets.apps", "secrets").Name, func(spec *v1alpha1.BaselineSpec) {
		f.selectByLabel(spec)
		spec.Rollout = &v1alpha1.BaselineRollout{}
	})
	f.createNamespaces()
	f.awaitCounts("populated", f.allCurrent())
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	first := f.baseline.Spec.Backup

	secret, set := newPassword(""), newStatefulSet("two")
	secret.Namespace, set.Namespace = source, source
	e.updateObject(secret, func() { secret.Data = map[string][]byte{"password": []byte("bad")} })
	e.deleteObjects(set)
	e.awaitGone(set.DeepCopy())
	e.createObjects(set)
	second := f.withOwnNames().createBackup(source, "statefulsets.apps", "secrets")
	f.updateObject(f.baseline, func() { f.baseline.Spec.Backup = second.Name })
	f.requireContains(f.awaitRollout(v1alpha1.ReasonTooManyFailures), "1")
	if got := f.countPassword("bad"); got != 1 {
		t.Errorf("%d namespaces have the bad revision's password, want the first alone", got)
	}
	size := int32(f.size)
	f.awaitCounts("stopped", v1alpha1.NamespaceCounts{Namespaces: size, OutdatedNamespaces: size - 1, FailedNamespaces: 1})
	ready, err := f.readyCondition(f.ctx(), f.namespaceName(0))
	if err != nil || ready == nil || ready.Status != corev1.ConditionTrue {
		t.Errorf("the namespace whose update failed is %+v (%v), want Ready as before", ready, err)
	}

	f.updateObject(f.baseline, func() { f.baseline.Spec.Backup = first })
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	if got := f.countPassword("old"); got != f.size {
		t.Errorf("%d namespaces have the old password after the undo: %v", got, f.passwords())
	}
	f.awaitCounts("undone", v1alpha1.NamespaceCounts{Namespaces: size, UpdatedNamespaces: size})
	if revision := f.baseline.Status.Revision; revision != 3 {
		t.Errorf("the revision is %d, want 3", revision)
	}
	f.requireRuns(0, "Restore of "+first+": Completed", "Rollout of "+second.Name+": PartiallyFailed")
	f.requireRuns(1) // the second content did not reach it
}

// requireRuns fails the test unless the record of a namespace has these earlier runs.
func (f *fleet) requireRuns(i int, want ...string) {
	f.t.Helper()
	var got []string
	for _, run := range f.readRecord(i).Runs {
		got = append(got, fmt.Sprintf("%s of %s: %s", run.Cause, run.Backup, run.Phase))
	}
	if !slices.Equal(got, want) {
		f.t.Errorf("the earlier runs of namespace %d are %q, want %q", i, got, want)
	}
}

func TestNewNamespaceDuringARolloutGetsTheStableRevision(t *testing.T) {
	one := intstr.FromInt32(1)
	f := newRollout(sharedInstallation(t), func(spec *v1alpha1.BaselineSpec) {
		spec.Rollout.Steps = []v1alpha1.RolloutStep{
			{Namespaces: &one}, {NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "early"}}, Approval: true},
		}
	})
	f.rotate("new")
	f.awaitRollout(v1alpha1.ReasonAwaitingApproval)
	for name, test := range map[string]struct {
		labels map[string]string
		want   string
	}{
		"late":  {want: "old"},
		"early": {labels: map[string]string{"tier": "early"}, want: "new"},
	} {
		namespace := labelledNamespace(f.uniqueName(name), f.label, "yes")
		maps.Copy(namespace.Labels, test.labels)
		f.createObjects(namespace)
		f.awaitReady(namespace.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
		if got := string(f.getSecret(namespace.Name).Data["password"]); got != test.want {
			t.Errorf("namespace %s got %q, want %q", name, got, test.want)
		}
	}
	f.updateObject(f.baseline, func() { f.baseline.Spec.Rollout.NewNamespaces = v1alpha1.NewNamespacesNewest })
	f.awaitRollout(v1alpha1.ReasonAwaitingApproval)
	f.createObjects(labelledNamespace(f.uniqueName("newest"), f.label, "yes"))
	f.awaitReady(f.uniqueName("newest"), corev1.ConditionTrue, v1alpha1.ReasonRestored)
	if got := string(f.getSecret(f.uniqueName("newest")).Data["password"]); got != "new" {
		t.Errorf("with newNamespaces Newest a namespace got %q", got)
	}
}

// A preview of an update is what the update then does.
func TestPreviewOfAnUpdateIsTheUpdate(t *testing.T) {
	f := newCanaryRollout(sharedInstallation(t))
	changed := f.namespaceName(0)
	secret := f.getSecret(changed)
	f.updateObject(secret, func() { secret.Data["password"] = []byte("mine") })
	f.updateObject(f.baseline, func() { metav1.SetMetaDataAnnotation(&f.baseline.ObjectMeta, v1alpha1.AnnotationRolloutPaused, "") })
	second := f.replaceBackup(func(e *env, source string) {
		settings, secret := configMap("settings"), newPassword("")
		settings.Namespace, secret.Namespace = source, source
		e.updateObject(settings, func() { settings.Data = map[string]string{"mode": "new"} })
		e.updateObject(secret, func() { secret.Data = map[string][]byte{"password": []byte("new")} })
	})
	f.awaitRollout(v1alpha1.ReasonPaused)
	printed := f.runTool("baseline", "preview", f.baseline.Name, "-n", changed, "--backup", second.Name)
	t.Log(printed)
	f.requireContains(printed, second.Name, "configmaps/settings", "secrets/db", "data.password was changed by")
	if strings.Contains(printed, "mine") {
		t.Error("the preview prints a value")
	}
	f.updateObject(f.baseline, func() { delete(f.baseline.Annotations, v1alpha1.AnnotationRolloutPaused) })
	f.awaitRollout(v1alpha1.ReasonAwaitingApproval)
	update := f.readRecord(0).Update
	if update.Counts != (v1alpha1.UpdateCounts{Updated: 1, Kept: 1}) {
		t.Errorf("the update has %+v", update)
	}
	for _, object := range update.Objects {
		if object.Result == v1alpha1.ResultKept && !strings.Contains(printed, object.Reason) {
			t.Errorf("the preview lacks %q", object.Reason)
		}
	}
}
