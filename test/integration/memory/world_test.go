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

// patience is for a machine that is busy with builds; no test takes it when all is well.
const patience = 3 * time.Minute

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard()) // the tests' own clients have nothing to say
	os.Exit(m.Run())
}

// world is an installation of its own on a control plane of its own.
type world struct {
	*seedbed.Installation
	t *testing.T
}

func newWorld(t *testing.T) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := cluster.Start(ctx, cluster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	i, err := seedbed.Install(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	})
	return &world{Installation: i, t: t}
}

func (w *world) ctx() context.Context {
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	w.t.Cleanup(cancel)
	return ctx
}

// create creates an object as soon as the webhooks that review it answer.
func (w *world) create(object client.Object) {
	w.t.Helper()
	if err := cluster.Eventually(w.ctx(), func(ctx context.Context) error { return w.Client.Create(ctx, object) }); err != nil {
		w.t.Fatal(err)
	}
}

// backup creates a backup of the ConfigMaps of a namespace.
func (w *world) backup(name string) *v1alpha1.BaselineBackup {
	w.t.Helper()
	backup := &v1alpha1.BaselineBackup{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: configMapsOf(name),
	}
	w.create(backup)
	return backup
}

func configMapsOf(namespace string) v1alpha1.BaselineBackupSpec {
	return v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}, IncludedResources: []string{"configmaps"}}
}

// awaitPhase waits until an object's condition Ready has one of the reasons, and returns its message.
func (w *world) awaitPhase(object client.Object, conditions *[]metav1.Condition, phases ...string) string {
	w.t.Helper()
	var ready *metav1.Condition
	err := cluster.Eventually(w.ctx(), func(ctx context.Context) error {
		if err := w.Client.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
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
		w.t.Error(err)
		return ""
	}
	return ready.Reason + ": " + ready.Message
}

// awaitReady waits until a namespace holds its baseline.
func (w *world) awaitReady(name string) {
	w.t.Helper()
	err := cluster.Eventually(w.ctx(), func(ctx context.Context) error {
		namespace := &corev1.Namespace{}
		if err := w.Client.Get(ctx, client.ObjectKey{Name: name}, namespace); err != nil {
			return err
		}
		ready := v1alpha1.FindNamespaceCondition(namespace.Status.Conditions, v1alpha1.ConditionBaselineReady)
		if ready == nil || ready.Status != corev1.ConditionTrue {
			return fmt.Errorf("BaselineReady of %s is %v", name, ready)
		}
		return nil
	})
	if err != nil {
		w.t.Error(err)
	}
}

// awaitRecord waits until a record is there and complete.
func (w *world) awaitRecord(record *v1alpha1.BaselineRecord) {
	w.t.Helper()
	err := cluster.Eventually(w.ctx(), func(ctx context.Context) error {
		if err := w.Client.Get(ctx, client.ObjectKeyFromObject(record), record); err != nil {
			return err
		}
		if record.DeletionTimestamp != nil || record.Result.Phase != v1alpha1.PhaseCompleted {
			return fmt.Errorf("the record in %s is %s", record.Namespace, record.Result.Phase)
		}
		return nil
	})
	if err != nil {
		w.t.Error(err)
	}
}

// change edits the spec of a Baseline.
func (w *world) change(name string, edit func(*v1alpha1.BaselineSpec)) {
	w.t.Helper()
	baseline := &v1alpha1.Baseline{}
	err := cluster.Eventually(w.ctx(), func(ctx context.Context) error {
		if err := w.Client.Get(ctx, client.ObjectKey{Name: name}, baseline); err != nil {
			return err
		}
		edit(&baseline.Spec)
		return w.Client.Update(ctx, baseline)
	})
	if err != nil {
		w.t.Error(err)
	}
}
