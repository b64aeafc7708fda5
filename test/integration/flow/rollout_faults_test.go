package flow

import (
	"context"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// newCanaryRollout makes a rollout whose first step is one namespace, and waits for an approval.
func newCanaryRollout(e *env) *fleet {
	one := intstr.FromInt32(1)
	return newRollout(e, func(spec *v1alpha1.BaselineSpec) {
		spec.Rollout.Steps = []v1alpha1.RolloutStep{{Name: "canary", Namespaces: &one, Approval: true}}
	})
}

// approveAll approves every step of the present revision.
func (f *fleet) approveAll() {
	f.t.Helper()
	f.updateObject(f.baseline, func() {
		metav1.SetMetaDataAnnotation(&f.baseline.ObjectMeta, v1alpha1.AnnotationRolloutApproved, f.baseline.Status.RevisionHash+"/"+v1alpha1.RolloutApprovedAll)
	})
}

func (f *fleet) requirePasswords(step string, want ...string) {
	f.t.Helper()
	if got := f.passwords(); !slices.Equal(got, want) {
		f.t.Errorf("%s: the passwords are %v, want %v", step, got, want)
	}
}

func TestRolloutBeginsAnewWithoutItsStatus(t *testing.T) {
	f := newCanaryRollout(sharedInstallation(t))
	f.rotate("new")
	f.awaitRollout(v1alpha1.ReasonAwaitingApproval)
	f.eventually(func(ctx context.Context) error {
		if err := f.Client.Get(ctx, client.ObjectKeyFromObject(f.baseline), f.baseline); err != nil {
			return err
		}
		f.baseline.Status = v1alpha1.BaselineStatus{}
		return f.Client.Status().Update(ctx, f.baseline)
	})
	// Nothing but a change of the spec makes the controller write the content again at once.
	f.updateObject(f.baseline, func() { f.baseline.Spec.Rollout.NewNamespaces = v1alpha1.NewNamespacesNewest })
	f.awaitRollout(v1alpha1.ReasonAwaitingApproval)
	if got := f.countPassword("new"); got != 1 {
		t.Errorf("%d namespaces were updated without an approval", got)
	}
	f.approveAll()
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	f.requirePasswords("approved", slices.Repeat([]string{"new"}, f.size)...)
}

func TestRolloutIsSuperseded(t *testing.T) {
	f := newCanaryRollout(sharedInstallation(t))
	f.rotate("second")
	f.awaitRollout(v1alpha1.ReasonAwaitingApproval)
	f.updateObject(f.baseline, func() {
		metav1.SetMetaDataAnnotation(&f.baseline.ObjectMeta, v1alpha1.AnnotationRolloutApproved, f.baseline.Status.RevisionHash+"/all")
		f.baseline.Annotations[v1alpha1.AnnotationRolloutPaused] = "yes"
	})
	f.awaitRollout(v1alpha1.ReasonPaused)
	f.rotate("third")
	f.awaitRollout(v1alpha1.ReasonPaused)
	f.updateObject(f.baseline, func() { delete(f.baseline.Annotations, v1alpha1.AnnotationRolloutPaused) })
	f.awaitRollout(v1alpha1.ReasonAwaitingApproval) // the approval was for the second
	f.approveAll()
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	f.requirePasswords("superseded", slices.Repeat([]string{"third"}, f.size)...)
	for i, from := range map[int]int64{0: 2, 1: 1} {
		record := f.readRecord(i)
		if known := f.baseline.FindRevision(record.Update.From.Hash); known == nil || known.Revision != from {
			t.Errorf("namespace %d went from %+v, want revision %d", i, record.Update.From, from)
		}
	}
}

func TestRolloutIsUndoneHalfDoneAndPaused(t *testing.T) {
	f := newCanaryRollout(sharedInstallation(t))
	first := f.baseline.Spec.Backup
	f.rotate("new")
	f.awaitRollout(v1alpha1.ReasonAwaitingApproval)
	f.updateObject(f.baseline, func() { metav1.SetMetaDataAnnotation(&f.baseline.ObjectMeta, v1alpha1.AnnotationRolloutPaused, "") })
	f.awaitRollout(v1alpha1.ReasonPaused)
	t.Log(f.runTool("baseline", "rollout", "undo", f.baseline.Name, "--skip-steps"))
	f.awaitRollout(v1alpha1.ReasonPaused)
	if got := f.countPassword("new"); got != 1 {
		t.Errorf("%d namespaces have the new password while the undo is paused", got)
	}
	t.Log(f.runTool("baseline", "rollout", "resume", f.baseline.Name))
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	f.requirePasswords("undone", slices.Repeat([]string{"old"}, f.size)...)
	if f.baseline.Spec.Backup != first {
		t.Errorf("the backup is %s, want %s", f.baseline.Spec.Backup, first)
	}
}

// The first backup has a StatefulSet that is there already with another serviceName and must be updated; a better backup lacks it.
func TestIncompleteRestoreIsSuperseded(t *testing.T) {
	e := sharedInstallation(t)
	f := &fleet{env: e, size: 2, label: e.uniqueName("fleet")}
	source := e.createSource(newPassword("old"), newStatefulSet("one"))
	f.baseline = e.createBaseline(e.createBackup(source, "statefulsets.apps", "secrets").Name, func(spec *v1alpha1.BaselineSpec) {
		f.selectByLabel(spec)
		spec.ExistingResources = v1alpha1.ExistingResourcesUpdate
		spec.Rollout = &v1alpha1.BaselineRollout{MaxFailures: new(intstr.FromString("100%"))}
	})
	f.createNamespaces(newStatefulSet("tenants"))
	size := int32(f.size)
	f.awaitCounts("the first restore is incomplete", v1alpha1.NamespaceCounts{Namespaces: size, FailedNamespaces: size})

	set, secret := newStatefulSet(""), newPassword("")
	set.Namespace, secret.Namespace = source, source
	e.deleteObjects(set)
	e.awaitGone(set)
	e.updateObject(secret, func() { secret.Data = map[string][]byte{"password": []byte("new")} })
	better := f.withOwnNames().createBackup(source, "secrets")
	f.updateObject(f.baseline, func() { f.baseline.Spec.Backup = better.Name })
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	f.requirePasswords("superseded", "new", "new")
	for i := range f.size {
		if record := f.readRecord(i); record.Result.Phase != v1alpha1.PhaseCompleted || record.Revision.Backup != better.Name {
			t.Errorf("record %d is %s of %s", i, record.Result.Phase, record.Revision.Backup)
		}
	}
}

func TestRolloutWithoutTheEarlierContent(t *testing.T) {
	e := newInstallation(t)
	controller := e.startController(shortLease)
	f := newRollout(e, nil)
	changed := f.getSecret(f.namespaceName(1))
	f.updateObject(changed, func() { changed.Data["tenants"] = []byte("own") })
	if err := f.contentStore().Delete(f.ctx(), f.baseline.Spec.Backup); err != nil {
		t.Fatal(err)
	}
	controller.Stop() // it has the plan in memory
	e.startController(shortLease)
	f.rotate("new")
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	want := slices.Repeat([]string{"new"}, f.size)
	want[1] = "old"
	f.requirePasswords("without the earlier content", want...)
	if record := f.readRecord(1); !record.Update.BaseMissing || record.Update.Counts.Kept == 0 {
		t.Errorf("the record has %+v, want the missing content and a kept Secret", record.Update)
	}
}

func TestRolloutLeavesARecreatedNamespaceAlone(t *testing.T) {
	f := newCanaryRollout(sharedInstallation(t))
	f.rotate("new")
	f.awaitRollout(v1alpha1.ReasonAwaitingApproval)
	name := f.namespaceName(f.size - 1)
	old := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	f.deleteObjects(old)
	f.awaitGone(old)
	f.createObjects(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}) // without the label
	f.approveAll()
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	if f.objectExists(&corev1.Secret{}, name, "db") {
		t.Error("another namespace of the name got the Secret")
	}
}
