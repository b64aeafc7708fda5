package exact

import (
	"context"
	"fmt"
	"testing"

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

// env is the shared installation in one test, with clients for kinds without Go types.
type env struct {
	*seedbed.Installation
	t       *testing.T
	dynamic dynamic.Interface
	core    kubernetes.Interface
}

func newEnv(t *testing.T) *env {
	t.Helper()
	config := installed.Cluster.Config()
	config.WarningHandler = rest.NoWarnings{} // old kinds and odd values are intended
	anything, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	core, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return &env{Installation: installed, t: t, dynamic: anything, core: core}
}

// forSubtest returns the same environment for a subtest.
func (e *env) forSubtest(t *testing.T) *env {
	return &env{Installation: e.Installation, t: t, dynamic: e.dynamic, core: e.core}
}

// newContext returns a context that ends with the test, or after waitTimeout.
func (e *env) newContext() context.Context {
	ctx, cancel := context.WithTimeout(e.t.Context(), waitTimeout)
	e.t.Cleanup(cancel)
	return ctx
}

// requireNoError fails the test at once for an error.
func (e *env) requireNoError(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}

// requireEventually fails the test if check never succeeds.
func (e *env) requireEventually(check func(ctx context.Context) error) {
	e.t.Helper()
	e.requireNoError(cluster.Eventually(e.newContext(), check))
}

func (e *env) createObjects(objects ...client.Object) {
	e.t.Helper()
	for _, object := range objects {
		if err := e.Client.Create(e.newContext(), object); err != nil {
			e.t.Fatalf("creating %T %s: %v", object, object.GetName(), err)
		}
	}
}

// createNamespace creates a namespace that asks for a baseline, unless that is empty.
func (e *env) createNamespace(name, baseline string) {
	e.t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if baseline != "" {
		namespace.Annotations = map[string]string{v1alpha1.AnnotationBaseline: baseline}
	}
	e.createObjects(namespace)
}

// createBackup backs up a namespace and waits until the backup is Completed.
func (e *env) createBackup(name, namespace string, resources ...string) {
	e.t.Helper()
	backup := &v1alpha1.BaselineBackup{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}, IncludedResources: resources},
	}
	e.createObjects(backup)
	e.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseCompleted)
}

// createRestore creates a restore by hand.
func (e *env) createRestore(namespace, name, backup string, existing v1alpha1.ExistingResources) *v1alpha1.BaselineRestore {
	e.t.Helper()
	record := &v1alpha1.BaselineRestore{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec:       v1alpha1.BaselineRestoreSpec{Backup: backup, ExistingResources: existing},
	}
	e.createObjects(record)
	return record
}

// awaitRestore waits until a restore has ended with this phase, and returns it.
func (e *env) awaitRestore(namespace, name, phase string) *v1alpha1.BaselineRestore {
	e.t.Helper()
	record := &v1alpha1.BaselineRestore{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	e.awaitPhase(record, &record.Status.Conditions, phase)
	return record
}

// awaitRecord waits until a namespace holds a baseline, and returns its record in the form of a restore.
func (e *env) awaitRecord(namespace, name string) (record *v1alpha1.BaselineRecord) {
	e.t.Helper()
	e.requireEventually(func(ctx context.Context) error {
		record = &v1alpha1.BaselineRecord{}
		if err := e.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, record); err != nil {
			return err
		}
		if record.Result.Phase != v1alpha1.PhaseCompleted {
			return fmt.Errorf("record %s/%s is %s with errors %q", namespace, name, record.Result.Phase, record.Result.Errors)
		}
		return nil
	})
	return record
}

// awaitPhase waits until an object's condition Ready has the wanted reason, which is the phase for kinds with phases.
func (e *env) awaitPhase(object client.Object, conditions *[]metav1.Condition, wanted string) {
	e.t.Helper()
	e.requireEventually(func(ctx context.Context) error {
		if err := e.Client.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
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

// awaitNextSecond returns in a later second than the call.
func (e *env) awaitNextSecond() {
	e.t.Helper()
	if err := cluster.AwaitLaterSecond(e.newContext(), metav1.Now()); err != nil {
		e.t.Fatal(err)
	}
}
