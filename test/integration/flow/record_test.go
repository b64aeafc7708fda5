package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestRecordIsWrittenOnceAndSealed(t *testing.T) {
	e := sharedInstallation(t)
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a")), "configmaps").Name, nil)
	target := annotatedNamespace(e.uniqueName("target"), baseline.Name)
	e.createObjects(target)
	e.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)

	record := e.getRecord(target.Name, baseline.Name)
	owner := []metav1.OwnerReference{{APIVersion: "v1", Kind: "Namespace", Name: target.Name, UID: target.UID}}
	if diff := cmp.Diff(owner, record.OwnerReferences); diff != "" {
		t.Errorf("owners: %s", diff)
	}
	if record.Generation != 1 || record.Seal == "" || record.Labels[v1alpha1.LabelExcludeFromBackup] != "true" {
		t.Errorf("generation %d, seal %q, labels %v; want one write, sealed, and not backed up by Velero", record.Generation, record.Seal, record.Labels)
	}
	if result := record.Result; result.Phase != v1alpha1.PhaseCompleted || result.Attempts != 1 || result.Counts.Created != 1 || result.Digest != baseline.Status.Digest {
		t.Errorf("the result is %+v, want that of the one attempt", result)
	}
	want := []v1alpha1.ObjectResult{{Object: "configmaps/a", Result: v1alpha1.ResultCreated}, {Object: "configmaps/kube-root-ca.crt", Result: v1alpha1.ResultSkipped}}
	if diff := cmp.Diff(want, record.Result.Objects); diff != "" {
		t.Errorf("objects: %s", diff)
	}
}

// Others may label a record, hold it with a finalizer, and delete it in any way: it is recreated, and the namespace is still
// deletable.
func TestDeletedRecordIsRecreated(t *testing.T) {
	const finalizer = "example.com/hold"
	tests := map[string]struct {
		finalizers []string
		options    []client.DeleteOption
	}{
		"plainly":              {},
		"in the foreground":    {options: []client.DeleteOption{client.PropagationPolicy(metav1.DeletePropagationForeground)}},
		"as an orphan":         {options: []client.DeleteOption{client.PropagationPolicy(metav1.DeletePropagationOrphan)}},
		"with a finalizer":     {finalizers: []string{finalizer}},
		"with both, and again": {finalizers: []string{finalizer}, options: []client.DeleteOption{client.PropagationPolicy(metav1.DeletePropagationForeground)}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e := sharedInstallation(t)
			baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a")), "configmaps").Name, nil)
			target := annotatedNamespace(e.uniqueName("target"), baseline.Name)
			e.createObjects(target)
			e.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
			first := e.getRecord(target.Name, baseline.Name)
			if test.finalizers != nil {
				held := first.DeepCopy() // as an earlier one: the policies keep others from adding any
				held.Finalizers = test.finalizers
				if err := e.asSeedbed().Patch(e.ctx(), held, client.MergeFrom(first)); err != nil {
					t.Fatal(err)
				}
			}
			e.deleteObjects(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: target.Name, Name: "a"}})
			if err := e.Client.Delete(e.ctx(), first.DeepCopy(), test.options...); err != nil {
				t.Fatal(err)
			}
			e.awaitRecord(target.Name, baseline.Name, func(record *v1alpha1.BaselineRecord) error {
				if record.UID == first.UID || record.DeletionTimestamp != nil || record.Result.Phase != v1alpha1.PhaseCompleted {
					return fmt.Errorf("the record is %s (the first was %s), deleted at %v, %s", record.UID, first.UID, record.DeletionTimestamp, record.Result.Phase)
				}
				return nil
			})
			if !e.objectExists(&corev1.ConfigMap{}, target.Name, "a") {
				t.Error("what the tenant deleted was not restored, although deleting the record asks for it")
			}
			e.deleteObjects(target)
			e.awaitGone(target)
		})
	}
}

// awaitRecord waits until a namespace's record passes the check.
func (e *env) awaitRecord(namespace, name string, check func(*v1alpha1.BaselineRecord) error) {
	e.t.Helper()
	e.eventually(func(ctx context.Context) error {
		record := &v1alpha1.BaselineRecord{}
		if err := e.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, record); err != nil {
			return err
		}
		return check(record)
	})
}

// A retry keeps the metadata that others wrote into a record.
func TestRetryKeepsRecordMetadata(t *testing.T) {
	e := newInstallation(t)
	e.startController()
	e.installDefinition(newWidgetDefinition())
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a"), newWidget())).Name, nil)
	definition := newWidgetDefinition()
	e.deleteObjects(definition)
	e.awaitGone(definition)
	e.createObjects(annotatedNamespace("target", baseline.Name))
	e.awaitReady("target", corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed)
	labelled := e.getRecord("target", baseline.Name)
	if err := e.Client.Patch(e.ctx(), labelled, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"team":"a"}}}`))); err != nil {
		t.Fatal(err)
	}
	e.installDefinition(newWidgetDefinition())
	e.awaitReady("target", corev1.ConditionTrue, v1alpha1.ReasonRestored)
	record := e.getRecord("target", baseline.Name)
	if record.Labels["team"] != "a" || record.Result.Attempts < 2 || record.UID != labelled.UID {
		t.Errorf("the record has labels %v after %d attempts, want that of the first attempt with its label", record.Labels, record.Result.Attempts)
	}
}

// A quota without room for the records does not delay the objects of any baseline. It sets a condition, and heals by itself.
func TestQuotaForRecords(t *testing.T) {
	e := sharedInstallation(t)
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a")), "configmaps").Name, nil)
	another := e.withOwnNames()
	second := another.createBaseline(another.createBackup(another.createSource(configMap("b")), "configmaps").Name, nil)
	target := e.createTenantNamespace()
	quota := &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Namespace: target.Name, Name: "none"},
		Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{"count/baselinerecords.seedbed.dev": resource.MustParse("0")}},
	}
	e.createObjects(quota)
	e.awaitQuota(quota)
	e.requestBaselines(target, baseline.Name, second.Name)
	condition := e.awaitReady(target.Name, corev1.ConditionFalse, v1alpha1.ReasonRecordRefused)
	e.requireContains(condition.Message, baseline.Name, "exceeded quota")
	for _, name := range []string{"a", "b"} {
		if !e.objectExists(&corev1.ConfigMap{}, target.Name, name) {
			t.Errorf("ConfigMap %s is not there", name)
		}
	}
	e.deleteObjects(quota)
	e.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	if counts := e.getRecord(target.Name, baseline.Name).Result.Counts; counts.Created != 1 || counts.Kept+counts.Failed > 0 {
		t.Errorf("the record counts %+v, want what the first attempt created", counts)
	}
}

// awaitQuota waits until the controller manager has counted a quota's objects: until then it refuses everything.
func (e *env) awaitQuota(quota *corev1.ResourceQuota) {
	e.t.Helper()
	e.eventually(func(ctx context.Context) error {
		if err := e.Client.Get(ctx, client.ObjectKeyFromObject(quota), quota); err != nil {
			return err
		}
		if len(quota.Status.Used) == 0 {
			return fmt.Errorf("quota %s is not counted yet", quota.Name)
		}
		return nil
	})
}

// A baseline that cannot be restored does not block the next.
func TestBaselineErrorsAreIndependent(t *testing.T) {
	e := sharedInstallation(t)
	damaged := e.createBackup(e.createSource(configMap("a")))
	e.damageChunk(damaged.Name, func(content []byte) []byte { return content[:len(content)-1] })
	broken := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("baseline")}, Spec: v1alpha1.BaselineSpec{Backup: damaged.Name}}
	e.createObjects(broken)
	e.awaitPhase(broken, &broken.Status.Conditions, v1alpha1.ReasonContentUnreadable)
	another := e.withOwnNames()
	whole := another.createBaseline(another.createBackup(another.createSource(configMap("a")), "configmaps").Name, nil)
	target := e.uniqueName("target")
	e.createObjects(annotatedNamespace(target, strings.Join([]string{broken.Name, whole.Name}, ",")))
	condition := e.awaitReady(target, corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed)
	e.requireContains(condition.Message, broken.Name)
	e.awaitRecord(target, whole.Name, func(*v1alpha1.BaselineRecord) error { return nil })
}

// A record is stored however much of a backup cannot be restored: its lists are bounded by bytes, and its counts are not
// (findings S9).
func TestRecordOfManyUnservedObjectsIsStored(t *testing.T) {
	e := sharedInstallation(t)
	const count = 7000
	source, objects, long := e.uniqueName("source"), map[string]string{}, strings.Repeat("x", 240)
	objects["configmaps/"+source+"/a"] = fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":%q},"data":{"key":"value of a"}}`, source)
	for i := range count {
		name := fmt.Sprintf("%s-%05d", long, i)
		objects["seeds.nobody.example/"+source+"/"+name] = fmt.Sprintf(`{"apiVersion":"nobody.example/v1","kind":"Seed","metadata":{"name":%q,"namespace":%q},"spec":{}}`, name, source)
	}
	baseline := e.createBaseline(e.adoptContent(source, e.newArchive(objects)).Name, nil)
	target := e.uniqueName("target")
	e.createObjects(annotatedNamespace(target, baseline.Name))
	e.requireContains(e.awaitReady(target, corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed).Message, baseline.Name, v1alpha1.PhasePartiallyFailed)
	record := e.getRecord(target, baseline.Name)
	if counts := record.Result.Counts; counts.Created != 1 || counts.Failed != count {
		t.Errorf("the record counts %+v, want one object created and %d failed", counts, count)
	}
	encoded, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the record has %d bytes", len(encoded))
}
