package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// A fleet of a Deployment, a Secret and a ConfigMap. The next backup changes the first two, drops the last and adds another ConfigMap.
// Some tenants have changed the password, some deleted the Secret, and the quotas of some have no room for a ConfigMap.
type previewedFleet struct {
	*fleet
	changed, deleted, crowded []int
}

// newPreviewedFleet makes the fleet with a paused rollout. SEEDBED_PREVIEW_NAMESPACES sets its size.
func newPreviewedFleet(e *env) *previewedFleet {
	f := &previewedFleet{fleet: &fleet{env: e, size: 24, label: e.uniqueName("fleet")}}
	if size, err := strconv.Atoi(os.Getenv("SEEDBED_PREVIEW_NAMESPACES")); err == nil {
		f.size = size
	}
	source := e.createSource(newPassword("old"), configMap("dropped"), newDeployment("web:1"))
	f.baseline = e.createBaseline(f.backUp(source).Name, func(spec *v1alpha1.BaselineSpec) {
		f.selectByLabel(spec)
		spec.Rollout = &v1alpha1.BaselineRollout{Prune: v1alpha1.PruneUnmodified}
	})
	f.createNamespaces()
	f.awaitRolledOut()
	for i := range max(3, f.size/100) {
		f.changed, f.deleted = append(f.changed, 3*i), append(f.deleted, 3*i+1)
	}
	f.crowded = []int{2, 5, 8}
	for _, i := range f.changed {
		secret := f.getSecret(f.namespaceName(i))
		f.updateObject(secret, func() { secret.Data["password"] = []byte("mine") })
	}
	for _, i := range f.deleted {
		f.deleteObjects(f.getSecret(f.namespaceName(i)))
	}
	for _, i := range f.crowded {
		f.fillQuota(f.namespaceName(i))
	}
	f.updateObject(f.baseline, func() { metav1.SetMetaDataAnnotation(&f.baseline.ObjectMeta, v1alpha1.AnnotationRolloutPaused, "") })
	f.change(source)
	return f
}

func newDeployment(image string) *appsv1.Deployment {
	labels := map[string]string{"app": "web"}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Replicas: new(int32), Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: image}}},
			},
		},
	}
}

func (f *previewedFleet) backUp(source string) *v1alpha1.BaselineBackup {
	f.t.Helper()
	return f.withOwnNames().createBackup(source, "configmaps", "secrets", "deployments.apps")
}

// fillQuota gives a namespace a quota of its own without room for another ConfigMap, and waits until that is enforced.
func (f *previewedFleet) fillQuota(namespace string) {
	f.t.Helper()
	f.createObjects(&corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "full"},
		Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{"count/configmaps": resource.MustParse("2")}}, // kube-root-ca.crt, too
	})
	f.eventually(func(ctx context.Context) error {
		probe := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, GenerateName: "probe-"}}
		if err := f.Client.Create(ctx, probe, client.DryRunAll); err == nil || !strings.Contains(err.Error(), "exceeded quota") {
			return fmt.Errorf("the quota of %s is not enforced: %w", namespace, err)
		}
		return nil
	})
}

// change backs the changed source up and points the Baseline at that backup.
func (f *previewedFleet) change(source string) {
	f.t.Helper()
	secret, web, added := newPassword(""), newDeployment(""), configMap("added")
	secret.Namespace, web.Namespace, added.Namespace = source, source, source
	f.updateObject(secret, func() { secret.Data["password"] = []byte("new") })
	f.updateObject(web, func() { web.Spec.Template.Spec.Containers[0].Image = "web:2" })
	f.removeObject(source, "dropped")
	f.createObjects(added)
	backup := f.backUp(source)
	f.updateObject(f.baseline, func() { f.baseline.Spec.Backup = backup.Name })
	f.awaitRollout(v1alpha1.ReasonPaused)
}

// previewFleet runs the command, and logs its time and the requests of the API server meanwhile.
func (f *previewedFleet) previewFleet(flags ...string) *v1alpha1.FleetPreviewStatus {
	f.t.Helper()
	all := func(map[string]string) bool { return true }
	before, began := f.countRequests(all), time.Now()
	out := f.runTool(append([]string{"baseline", "preview", f.baseline.Name, "--fleet", "-o", "json"}, flags...)...)
	took, requests := time.Since(began), f.countRequests(all)-before
	f.t.Logf("baseline preview --fleet %s: %.1fs, %.0f requests", strings.Join(flags, " "), took.Seconds(), requests)
	fleet := &v1alpha1.FleetPreviewStatus{}
	if err := json.Unmarshal([]byte(out), fleet); err != nil {
		f.t.Fatalf("%v in\n%s", err, out)
	}
	return fleet
}

// results returns the numbers that the records have after the rollout, as a preview has them, and the lines on what was kept.
func (f *previewedFleet) results() (objects map[string]v1alpha1.FleetPreviewObject, findings []v1alpha1.FleetPreviewFinding) {
	f.t.Helper()
	objects = map[string]v1alpha1.FleetPreviewObject{}
	var records v1alpha1.BaselineRecordList
	if err := f.Client.List(f.ctx(), &records, client.MatchingFields{"metadata.name": f.baseline.Name}); err != nil {
		f.t.Fatal(err)
	}
	for i := range records.Items {
		for _, result := range records.Items[i].Update.Objects {
			object := objects[result.Object]
			object.Object = result.Object
			switch result.Result {
			case v1alpha1.ResultUpdated:
				object.Updated++
			case v1alpha1.ResultCreated:
				object.Created++
			case v1alpha1.ResultDeleted:
				object.Deleted++
			case v1alpha1.ResultKept:
				object.Kept++
				findings = append(findings, v1alpha1.FleetPreviewFinding{Namespace: records.Items[i].Namespace, Result: result})
			default:
				f.t.Errorf("%s: %s", records.Items[i].Namespace, result)
			}
			objects[result.Object] = object
		}
	}
	slices.SortFunc(findings, func(a, b v1alpha1.FleetPreviewFinding) int {
		return strings.Compare(a.Namespace+" "+a.Result.Object, b.Namespace+" "+b.Result.Object)
	})
	return objects, findings
}

// A preview of a fleet is what its rollout then does, whether it tries each namespace or some of those that are alike.
func TestFleetPreviewIsTheRollout(t *testing.T) {
	f := newPreviewedFleet(sharedInstallation(t))
	tried, sampled := f.previewFleet("--all"), f.previewFleet()
	t.Logf("\n%s", f.runTool("baseline", "preview", f.baseline.Name, "--fleet"))
	for i := range f.size {
		if got := f.readRecord(i); got.Update != nil {
			t.Fatalf("a preview has updated namespace %d", i)
		}
	}
	size, alone := int32(f.size), len(f.changed)+len(f.deleted)+len(f.crowded)
	if tried.Namespaces != size || tried.TriedNamespaces != size || int(tried.KeptNamespaces) != alone || tried.FailedNamespaces != 0 {
		t.Errorf("--all: %+v", tried)
	}
	if sampled.Namespaces != size || int(sampled.TriedNamespaces) > alone+3 || sampled.KeptNamespaces != tried.KeptNamespaces {
		t.Errorf("the sample: %+v", sampled)
	}
	f.updateObject(f.baseline, func() { delete(f.baseline.Annotations, v1alpha1.AnnotationRolloutPaused) })
	f.awaitRolledOut()
	objects, findings := f.results()
	for name, preview := range map[string]*v1alpha1.FleetPreviewStatus{"--all": tried, "the sample": sampled} {
		predicted := map[string]v1alpha1.FleetPreviewObject{}
		for _, object := range preview.Objects {
			if object.Object == "deployments.apps/web" && object.RestartsPods != size {
				t.Errorf("%s: the pods of %d Deployments restart", name, object.RestartsPods)
			}
			object.RestartsPods = 0
			predicted[object.Object] = object
		}
		if !maps.Equal(predicted, objects) {
			t.Errorf("%s predicted %+v, and the rollout did %+v", name, predicted, objects)
		}
		if !slices.Equal(preview.Findings, findings) {
			t.Errorf("%s predicted %v, and the rollout did %v", name, preview.Findings, findings)
		}
	}
}

// awaitRolledOut waits for the end of a rollout that may be long.
func (f *fleet) awaitRolledOut() {
	f.t.Helper()
	size := int32(f.size)
	f.awaitHolders(f.baseline, func(status *v1alpha1.BaselineStatus) bool {
		return status.UpdatedNamespaces == size && status.OutdatedNamespaces == 0
	})
	f.awaitRollout(v1alpha1.ReasonRolledOut)
}
