package flow

import (
	"strings"
	"sync/atomic"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestPruneNoneLeavesAndTells(t *testing.T) {
	f := newPruning(sharedInstallation(t), 2, v1alpha1.PruneNone)
	f.updateObject(f.baseline, func() { metav1.SetMetaDataAnnotation(&f.baseline.ObjectMeta, v1alpha1.AnnotationRolloutPaused, "") })
	f.dropExtra()
	f.awaitRollout(v1alpha1.ReasonPaused)
	printed := f.runTool("baseline", "preview", f.baseline.Name, "-n", f.namespaceName(0))
	f.requireContains(printed, "configmaps/extra: is not in backup "+f.baseline.Spec.Backup+": it stays")
	f.updateObject(f.baseline, func() { delete(f.baseline.Annotations, v1alpha1.AnnotationRolloutPaused) })
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	for i := range f.size {
		f.getExtra(f.namespaceName(i))
	}
}

// A preview of an update that prunes is what the update then does.
func TestPreviewOfPruningIsTheUpdate(t *testing.T) {
	f := newPruning(sharedInstallation(t), 2, v1alpha1.PruneUnmodified)
	changed := f.getExtra(f.namespaceName(1))
	f.updateObject(changed, func() { changed.Data["key"] = "mine" })
	f.updateObject(f.baseline, func() { metav1.SetMetaDataAnnotation(&f.baseline.ObjectMeta, v1alpha1.AnnotationRolloutPaused, "") })
	f.dropExtra()
	f.awaitRollout(v1alpha1.ReasonPaused)
	var printed []string
	for i := range f.size {
		printed = append(printed, f.runTool("baseline", "preview", f.baseline.Name, "-n", f.namespaceName(i)))
		f.getExtra(f.namespaceName(i)) // a preview deletes nothing
	}
	f.updateObject(f.baseline, func() { delete(f.baseline.Annotations, v1alpha1.AnnotationRolloutPaused) })
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	for i := range f.size {
		for _, object := range f.readRecord(i).Update.Objects {
			name := strings.TrimPrefix(object.Object, "configmaps/")
			if !strings.Contains(printed[i], name) || !strings.Contains(printed[i], object.Reason) {
				t.Errorf("the preview lacks %s:\n%s", object, printed[i])
			}
		}
	}
	f.requireContains(printed[0], "1 object is deleted")
	if strings.Contains(printed[1], "deleted") {
		t.Errorf("the preview of the changed one:\n%s", printed[1])
	}
}

// A deletion that another's webhook refuses stops the rollout at its first namespace, and is tried again.
func TestRefusedDeletionStopsARollout(t *testing.T) {
	f := newPruning(sharedInstallation(t), 3, v1alpha1.PruneUnmodified)
	var allowed atomic.Bool
	probe := configMap("probe-of-deletions")
	probe.Namespace = metav1.NamespaceDefault
	f.reviewWrites("configmaps", probe, func(request *admissionv1.AdmissionRequest) *metav1.Status {
		if request.Operation == admissionv1.Delete && request.Namespace == f.namespaceName(0) && !allowed.Load() {
			return &metav1.Status{Message: "not yet"}
		}
		return nil
	}, admissionregistrationv1.Create, admissionregistrationv1.Delete)
	f.dropExtra()
	f.awaitRollout(v1alpha1.ReasonTooManyFailures)
	update := f.readRecord(0).Update
	if update.Counts != (v1alpha1.UpdateCounts{Kept: 1, Failed: 1}) || len(update.Pending) != 1 || update.Pending[0] != "configmaps/extra" {
		t.Errorf("the refused update is %+v", update)
	}
	f.getExtra(f.namespaceName(1))
	allowed.Store(true)
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	for i := range f.size {
		if f.objectExists(&corev1.ConfigMap{}, f.namespaceName(i), "extra") {
			t.Errorf("namespace %d still has the ConfigMap", i)
		}
		if got := f.readRecord(i).Update.Counts; got != (v1alpha1.UpdateCounts{Deleted: 1, Kept: 1}) {
			t.Errorf("namespace %d counts %+v", i, got)
		}
	}
}
