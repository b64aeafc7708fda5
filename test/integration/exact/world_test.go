package exact

import (
	"context"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
	"seedbed.dev/seedbed/test/seedbed"
)

// world is the installation as one test sees it, with clients for kinds that nobody compiled.
type world struct {
	*seedbed.Installation
	t       *testing.T
	dynamic dynamic.Interface
	core    kubernetes.Interface
}

func newWorld(t *testing.T) *world {
	t.Helper()
	config := installed.Cluster.Config()
	config.WarningHandler = rest.NoWarnings{} // old kinds and odd values are meant
	anything, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	core, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return &world{Installation: installed, t: t, dynamic: anything, core: core}
}

// in is the same world for a subtest.
func (w *world) in(t *testing.T) *world {
	return &world{Installation: w.Installation, t: t, dynamic: w.dynamic, core: w.core}
}

// ctx ends with the test, or when patience does.
func (w *world) ctx() context.Context {
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	w.t.Cleanup(cancel)
	return ctx
}

// must fails the test at once.
func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// eventually fails the test when check never succeeds.
func (w *world) eventually(check func(ctx context.Context) error) {
	w.t.Helper()
	w.must(cluster.Eventually(w.ctx(), check))
}

func (w *world) create(objects ...client.Object) {
	w.t.Helper()
	for _, object := range objects {
		if err := w.Client.Create(w.ctx(), object); err != nil {
			w.t.Fatalf("create %T %s: %v", object, object.GetName(), err)
		}
	}
}

// namespace makes a namespace that asks for a baseline, unless that is empty.
func (w *world) namespace(name, baseline string) {
	w.t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if baseline != "" {
		namespace.Annotations = map[string]string{v1alpha1.AnnotationBaseline: baseline}
	}
	w.create(namespace)
}

// backup backs up a namespace and waits until it is Completed.
func (w *world) backup(name, namespace string, resources ...string) {
	w.t.Helper()
	backup := &v1alpha1.BaselineBackup{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}, IncludedResources: resources},
	}
	w.create(backup)
	w.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseCompleted)
}

// restore begins a restore by hand.
func (w *world) restore(namespace, name, backup string, existing v1alpha1.ExistingResources) *v1alpha1.BaselineRestore {
	w.t.Helper()
	record := &v1alpha1.BaselineRestore{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec:       v1alpha1.BaselineRestoreSpec{Backup: backup, ExistingResources: existing},
	}
	w.create(record)
	return record
}

// awaitRestore waits until a restore has ended with this phase.
func (w *world) awaitRestore(namespace, name, phase string) *v1alpha1.BaselineRestore {
	w.t.Helper()
	record := &v1alpha1.BaselineRestore{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	w.awaitPhase(record, &record.Status.Conditions, phase)
	return record
}

// awaitRecord waits until a namespace holds a baseline, and returns its record as awaitRestore returns a restore.
func (w *world) awaitRecord(namespace, name string) (record *v1alpha1.BaselineRecord) {
	w.t.Helper()
	w.eventually(func(ctx context.Context) error {
		record = &v1alpha1.BaselineRecord{}
		if err := w.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, record); err != nil {
			return err
		}
		if record.Result.Phase != v1alpha1.PhaseCompleted {
			return fmt.Errorf("record %s/%s is %s with errors %q", namespace, name, record.Result.Phase, record.Result.Errors)
		}
		return nil
	})
	return record
}

// awaitPhase waits until an object's condition Ready has the reason, which is the phase of those that have phases.
func (w *world) awaitPhase(object client.Object, conditions *[]metav1.Condition, wanted string) {
	w.t.Helper()
	w.eventually(func(ctx context.Context) error {
		if err := w.Client.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		ready := meta.FindStatusCondition(*conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Reason != wanted {
			record, _ := object.(*v1alpha1.BaselineRestore)
			if record != nil {
				return fmt.Errorf("restore %s/%s is %v with errors %q; want %s", record.Namespace, record.Name, ready, record.Status.Errors, wanted)
			}
			return fmt.Errorf("%T %s is %v; want %s", object, object.GetName(), ready, wanted)
		}
		return nil
	})
}

// nextSecond comes back in another second than now: creation times have whole seconds.
func nextSecond() {
	now := time.Now()
	time.Sleep(time.Until(now.Truncate(time.Second).Add(time.Second)))
}
