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
	w := shared(t)
	baseline := w.baseline(w.backup(w.source(configMap("a")), "configmaps").Name, nil)
	target := asking(w.name("target"), baseline.Name)
	w.create(target)
	w.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)

	record := w.record(target.Name, baseline.Name)
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

// Others may label a record, hold it with a finalizer, and delete it in any way: it is made anew, and the namespace goes when
// it is deleted.
func TestRecordIsMadeAnewHoweverItIsDeleted(t *testing.T) {
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
			w := shared(t)
			baseline := w.baseline(w.backup(w.source(configMap("a")), "configmaps").Name, nil)
			target := asking(w.name("target"), baseline.Name)
			w.create(target)
			w.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
			first := w.record(target.Name, baseline.Name)
			if test.finalizers != nil {
				held := first.DeepCopy() // as one from before the policies, which keep others from adding any
				held.Finalizers = test.finalizers
				if err := w.asSeedbed().Patch(w.ctx(), held, client.MergeFrom(first)); err != nil {
					t.Fatal(err)
				}
			}
			w.remove(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: target.Name, Name: "a"}})
			if err := w.Client.Delete(w.ctx(), first.DeepCopy(), test.options...); err != nil {
				t.Fatal(err)
			}
			w.awaitRecord(target.Name, baseline.Name, func(record *v1alpha1.BaselineRecord) error {
				if record.UID == first.UID || record.DeletionTimestamp != nil || record.Result.Phase != v1alpha1.PhaseCompleted {
					return fmt.Errorf("the record is %s (the first was %s), deleted at %v, %s", record.UID, first.UID, record.DeletionTimestamp, record.Result.Phase)
				}
				return nil
			})
			if !w.there(&corev1.ConfigMap{}, target.Name, "a") {
				t.Error("what the tenant deleted was not restored, although deleting the record asks for it")
			}
			w.remove(target)
			w.awaitGone(target)
		})
	}
}

// awaitRecord waits until a namespace's record is as check wants it.
func (w *world) awaitRecord(namespace, name string, check func(*v1alpha1.BaselineRecord) error) {
	w.t.Helper()
	w.eventually(func(ctx context.Context) error {
		record := &v1alpha1.BaselineRecord{}
		if err := w.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, record); err != nil {
			return err
		}
		return check(record)
	})
}

// A retry keeps what others wrote into a record's metadata.
func TestRetryKeepsWhatOthersWroteAroundARecord(t *testing.T) {
	w := own(t)
	w.start()
	w.define(widgets())
	baseline := w.baseline(w.backup(w.source(configMap("a"), widget())).Name, nil)
	definition := widgets()
	w.remove(definition)
	w.awaitGone(definition)
	w.create(asking("target", baseline.Name))
	w.awaitReady("target", corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed)
	labelled := w.record("target", baseline.Name)
	if err := w.Client.Patch(w.ctx(), labelled, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"team":"a"}}}`))); err != nil {
		t.Fatal(err)
	}
	w.define(widgets())
	w.awaitReady("target", corev1.ConditionTrue, v1alpha1.ReasonRestored)
	record := w.record("target", baseline.Name)
	if record.Labels["team"] != "a" || record.Result.Attempts < 2 || record.UID != labelled.UID {
		t.Errorf("the record has labels %v after %d attempts, want that of the first attempt with its label", record.Labels, record.Result.Attempts)
	}
}

// A quota that has no room for the records leaves the objects of every baseline and sets a condition, and heals by itself.
func TestRecordThatAQuotaRefuses(t *testing.T) {
	w := shared(t)
	baseline := w.baseline(w.backup(w.source(configMap("a")), "configmaps").Name, nil)
	another := w.another()
	second := another.baseline(another.backup(another.source(configMap("b")), "configmaps").Name, nil)
	target := w.prepared()
	quota := &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Namespace: target.Name, Name: "none"},
		Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{"count/baselinerecords.seedbed.dev": resource.MustParse("0")}},
	}
	w.create(quota)
	w.awaitQuota(quota)
	w.ask(target, baseline.Name, second.Name)
	condition := w.awaitReady(target.Name, corev1.ConditionFalse, v1alpha1.ReasonRecordRefused)
	w.says(condition.Message, baseline.Name, "exceeded quota")
	for _, name := range []string{"a", "b"} {
		if !w.there(&corev1.ConfigMap{}, target.Name, name) {
			t.Errorf("ConfigMap %s is not there", name)
		}
	}
	w.remove(quota)
	w.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	if counts := w.record(target.Name, baseline.Name).Result.Counts; counts.Created != 1 || counts.Kept+counts.Failed > 0 {
		t.Errorf("the record counts %+v, want what the first attempt created", counts)
	}
}

// awaitQuota waits until the controller manager has counted what a quota is about: until then it refuses everything.
func (w *world) awaitQuota(quota *corev1.ResourceQuota) {
	w.t.Helper()
	w.eventually(func(ctx context.Context) error {
		if err := w.Client.Get(ctx, client.ObjectKeyFromObject(quota), quota); err != nil {
			return err
		}
		if len(quota.Status.Used) == 0 {
			return fmt.Errorf("quota %s is not counted yet", quota.Name)
		}
		return nil
	})
}

// One baseline that cannot be restored does not keep the next from it.
func TestAnErrorOfOneBaselineIsItsOwn(t *testing.T) {
	w := shared(t)
	damaged := w.backup(w.source(configMap("a")))
	w.damage(damaged.Name, func(content []byte) []byte { return content[:len(content)-1] })
	broken := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: w.name("baseline")}, Spec: v1alpha1.BaselineSpec{Backup: damaged.Name}}
	w.create(broken)
	w.awaitPhase(broken, &broken.Status.Conditions, v1alpha1.ReasonContentUnreadable)
	another := w.another()
	whole := another.baseline(another.backup(another.source(configMap("a")), "configmaps").Name, nil)
	target := w.name("target")
	w.create(asking(target, strings.Join([]string{broken.Name, whole.Name}, ",")))
	condition := w.awaitReady(target, corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed)
	w.says(condition.Message, broken.Name)
	w.awaitRecord(target, whole.Name, func(*v1alpha1.BaselineRecord) error { return nil })
}

// A record is stored however much of a backup cannot be restored: its lists are bounded by bytes, and its counts are not
// (findings S9).
func TestRecordOfManyUnservedObjectsIsStored(t *testing.T) {
	w := shared(t)
	const count = 7000
	source, objects, long := w.name("source"), map[string]string{}, strings.Repeat("x", 240)
	objects["configmaps/"+source+"/a"] = fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":%q},"data":{"key":"value of a"}}`, source)
	for i := range count {
		name := fmt.Sprintf("%s-%05d", long, i)
		objects["seeds.nobody.example/"+source+"/"+name] = fmt.Sprintf(`{"apiVersion":"nobody.example/v1","kind":"Seed","metadata":{"name":%q,"namespace":%q},"spec":{}}`, name, source)
	}
	baseline := w.baseline(w.adopt(source, w.archive(objects)).Name, nil)
	target := w.name("target")
	w.create(asking(target, baseline.Name))
	w.says(w.awaitReady(target, corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed).Message, baseline.Name, v1alpha1.PhasePartiallyFailed)
	record := w.record(target, baseline.Name)
	if counts := record.Result.Counts; counts.Created != 1 || counts.Failed != count {
		t.Errorf("the record counts %+v, want one object created and %d failed", counts, count)
	}
	encoded, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the record has %d bytes", len(encoded))
}
