package memory

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
	"seedbed.dev/seedbed/test/seedbed"
)

// waitTimeout is long enough for a machine that is busy with builds; a successful test needs far less.
const waitTimeout = 3 * time.Minute

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard()) // the tests' own clients log nothing of interest
	os.Exit(m.Run())
}

// env is an installation of its own on a control plane of its own.
type env struct {
	*seedbed.Installation
	t *testing.T
}

func newEnv(t *testing.T) *env {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitTimeout)
	defer cancel()
	return &env{Installation: seedbed.InstallForTest(ctx, t), t: t}
}

func (e *env) newContext() context.Context {
	ctx, cancel := context.WithTimeout(e.t.Context(), waitTimeout)
	e.t.Cleanup(cancel)
	return ctx
}

// createObject creates an object once the webhooks that review it answer.
func (e *env) createObject(object client.Object) {
	e.t.Helper()
	if err := cluster.Eventually(e.newContext(), func(ctx context.Context) error { return e.Client.Create(ctx, object) }); err != nil {
		e.t.Fatal(err)
	}
}

// createBackup creates a backup of the ConfigMaps of a namespace.
func (e *env) createBackup(name string) *v1alpha1.BaselineBackup {
	e.t.Helper()
	backup := &v1alpha1.BaselineBackup{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: configMapsOf(name),
	}
	e.createObject(backup)
	return backup
}

func configMapsOf(namespace string) v1alpha1.BaselineBackupSpec {
	return v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}, IncludedResources: []string{"configmaps"}}
}

// awaitPhase waits until an object's condition Ready has one of the reasons, and returns its message.
func (e *env) awaitPhase(object client.Object, conditions *[]metav1.Condition, phases ...string) string {
	e.t.Helper()
	var ready *metav1.Condition
	err := cluster.Eventually(e.newContext(), func(ctx context.Context) error {
		if err := e.Client.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		ready = meta.FindStatusCondition(*conditions, v1alpha1.ConditionReady)
		for _, phase := range phases {
			if ready != nil && ready.Reason == phase {
				return nil
			}
		}
		return fmt.Errorf("%T %s is %v; want %s", object, object.GetName(), ready, phases)
	})
	if err != nil {
		e.t.Error(err)
		return ""
	}
	return ready.Reason + ": " + ready.Message
}

// awaitReady waits until a namespace holds its baseline.
func (e *env) awaitReady(name string) {
	e.t.Helper()
	err := cluster.Eventually(e.newContext(), func(ctx context.Context) error {
		namespace := &corev1.Namespace{}
		if err := e.Client.Get(ctx, client.ObjectKey{Name: name}, namespace); err != nil {
			return err
		}
		ready := v1alpha1.FindNamespaceCondition(namespace.Status.Conditions, v1alpha1.ConditionBaselineReady)
		if ready == nil || ready.Status != corev1.ConditionTrue {
			return fmt.Errorf("BaselineReady of %s is %v", name, ready)
		}
		return nil
	})
	if err != nil {
		e.t.Error(err)
	}
}

// awaitRecord waits until a record exists and is complete.
func (e *env) awaitRecord(record *v1alpha1.BaselineRecord) {
	e.t.Helper()
	err := cluster.Eventually(e.newContext(), func(ctx context.Context) error {
		if err := e.Client.Get(ctx, client.ObjectKeyFromObject(record), record); err != nil {
			return err
		}
		if record.DeletionTimestamp != nil || record.Result.Phase != v1alpha1.PhaseCompleted {
			return fmt.Errorf("the record in %s is %s", record.Namespace, record.Result.Phase)
		}
		return nil
	})
	if err != nil {
		e.t.Error(err)
	}
}

// updateBaseline edits the spec of a Baseline.
func (e *env) updateBaseline(name string, edit func(*v1alpha1.BaselineSpec)) {
	e.t.Helper()
	baseline := &v1alpha1.Baseline{}
	err := cluster.Eventually(e.newContext(), func(ctx context.Context) error {
		if err := e.Client.Get(ctx, client.ObjectKey{Name: name}, baseline); err != nil {
			return err
		}
		edit(&baseline.Spec)
		return e.Client.Update(ctx, baseline)
	})
	if err != nil {
		e.t.Error(err)
	}
}
