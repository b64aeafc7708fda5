//go:build interop

package interop

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
	"seedbed.dev/seedbed/test/seedbed"
)

// waitTimeout is long enough for a machine that is busy with builds; a successful step needs far less.
const waitTimeout = 3 * time.Minute

// env is a control plane with Seedbed, its gate and its controller.
type env struct {
	*seedbed.Installation
}

func newEnv(t *testing.T) *env {
	t.Helper()
	e := newBareEnv(t)
	ctx, cancel := context.WithTimeout(t.Context(), waitTimeout)
	defer cancel()
	if err := e.Apply(ctx, "config/gate/*.yaml"); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Start(ctx, "--gate"); err != nil {
		t.Fatal(err)
	}
	if err := e.AwaitWebhooks(ctx); err != nil {
		t.Fatal(err)
	}
	return e
}

// newBareEnv has no controller and no gate.
func newBareEnv(t *testing.T) *env {
	t.Helper()
	ctrl.SetLogger(logr.Discard()) // the test's own clients log nothing of interest
	ctx, cancel := context.WithTimeout(t.Context(), waitTimeout)
	defer cancel()
	return &env{seedbed.InstallForTest(ctx, t)}
}

// requireEventually fails the test if check never succeeds.
func (e *env) requireEventually(t *testing.T, check func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitTimeout)
	defer cancel()
	if err := cluster.Eventually(ctx, check); err != nil {
		t.Fatal(err)
	}
}

func (e *env) createObjects(t *testing.T, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		if err := e.Client.Create(t.Context(), object); err != nil {
			t.Fatalf("creating %T %s: %v", object, object.GetName(), err)
		}
	}
}

// sourcePrefix is that of the namespaces that backups are of.
const sourcePrefix = "source-of-"

// createBaseline creates a namespace with these objects, its backup and a Baseline of it, both of this name.
func (e *env) createBaseline(t *testing.T, name string, spec v1alpha1.BaselineSpec, objects ...client.Object) {
	t.Helper()
	source := sourcePrefix + name
	e.createObjects(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: source}})
	for _, object := range objects {
		object.SetNamespace(source)
		e.createObjects(t, object)
	}
	spec.Backup = name
	e.createObjects(t, &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{source}}})
	baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec}
	e.createObjects(t, baseline)
	e.requireEventually(t, func(ctx context.Context) error {
		if err := e.Client.Get(ctx, client.ObjectKeyFromObject(baseline), baseline); err != nil {
			return err
		}
		if len(baseline.Status.Conditions) == 0 || baseline.Status.Conditions[0].Reason != v1alpha1.ReasonBackupReady {
			return fmt.Errorf("baseline %s: %v", name, baseline.Status.Conditions)
		}
		return nil
	})
}

// awaitReady waits until a namespace is populated.
func (e *env) awaitReady(t *testing.T, name string) {
	t.Helper()
	e.requireEventually(t, func(ctx context.Context) error {
		namespace := &corev1.Namespace{}
		if err := e.Client.Get(ctx, client.ObjectKey{Name: name}, namespace); err != nil {
			return err
		}
		ready := v1alpha1.FindNamespaceCondition(namespace.Status.Conditions, v1alpha1.ConditionBaselineReady)
		if ready == nil || ready.Status != corev1.ConditionTrue {
			return fmt.Errorf("namespace %s is not populated: %v", name, ready)
		}
		return nil
	})
}

// updateObject reads an object, edits it and writes it, and retries conflicts.
func (e *env) updateObject(t *testing.T, object client.Object, edit func()) {
	t.Helper()
	e.requireEventually(t, func(ctx context.Context) error {
		if err := e.Client.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		edit()
		return e.Client.Update(ctx, object)
	})
}
