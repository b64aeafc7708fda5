//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/test/cluster"
)

// fault is something that happens to an installation.
type fault struct {
	name string
	// happen makes it happen, and comes back when all is well again. It says when nobody could answer.
	happen func(*testing.T, *world) outage
	// ofControlPlane says that the API server may give no answer meanwhile.
	ofControlPlane bool
}

// faults happen one after the other while namespaces are created. None is ever refused, annotated or not, whether somebody can
// answer or nobody; in the end each one that was created is populated.
func faults(t *testing.T, w *world) {
	counted := newTable()
	for i, f := range []fault{
		{name: "each pod killed in turn", happen: killEach},
		{name: "all pods killed at once", happen: killAll},
		{name: "rolling helm upgrade", happen: func(t *testing.T, w *world) outage { rollingUpgrade(t, w); return outage{} }},
		{name: "API server restarted", happen: restarting("kube-apiserver"), ofControlPlane: true},
		{name: "etcd restarted", happen: restarting("etcd"), ofControlPlane: true},
	} {
		t.Run(f.name, func(t *testing.T) {
			l := w.load(t, fmt.Sprintf("fault-%d", i), steadily)
			l.awaitMore(t, 2)
			began := time.Now()
			down := f.happen(t, w)
			l.awaitMore(t, 6) // of which the first may have begun before all was well
			attempts := l.outcomes(t, steadily)
			counted.add(f.name, attempts)
			l.tolerates(t, attempts, func(a attempt) bool {
				return a.outcome == away && f.ofControlPlane
			})
			ended := time.Since(began)
			count := l.awaitPopulated(t)
			t.Logf("all is well %s after it began, and %d namespaces are populated %s later; no replica was up for %s, and %d containers were started again",
				ended.Round(time.Millisecond), count, (time.Since(began) - ended).Round(time.Millisecond), down.until.Sub(down.from).Round(time.Millisecond), w.restarts(t))
		})
	}
	counted.print(t)
}

// restarts are those of the containers of the pods that are there.
func (w *world) restarts(t *testing.T) (count int32) {
	t.Helper()
	for _, pod := range w.awaitPods(t) {
		count += pod.Status.ContainerStatuses[0].RestartCount
	}
	return count
}

// killEach kills the pods one after the other, each when the one before it has been replaced.
func killEach(t *testing.T, w *world) outage {
	for _, pod := range w.awaitPods(t) {
		w.kill(t, pod)
		w.awaitPods(t)
	}
	return outage{}
}

// killAll kills the pods at once, and says how long there was none.
func killAll(t *testing.T, w *world) outage {
	down := outage{from: time.Now()}
	for _, pod := range w.awaitPods(t) {
		w.kill(t, pod)
	}
	w.awaitPods(t)
	down.until = time.Now()
	return down
}

// kill ends a pod without its grace, and comes back when it does not count any more.
func (w *world) kill(t *testing.T, pod corev1.Pod) {
	t.Helper()
	if err := w.Delete(w.context(t), &pod, client.GracePeriodSeconds(0)); err != nil {
		t.Fatal(err)
	}
	w.eventually(t, func(ctx context.Context) error {
		return gone(w.Get(ctx, client.ObjectKeyFromObject(&pod), &corev1.Pod{}))
	})
}

// restartedWithin bounds how long the control plane has for coming back.
const restartedWithin = 90 * time.Second

// restarting restarts a part of the control plane by the command of the environment. No replica is up until one reaches the
// API server again: a node's proxy learns late of an API server that comes back.
func restarting(daemon string) func(*testing.T, *world) outage {
	return func(t *testing.T, w *world) outage {
		restart := os.Getenv("RESTART")
		if restart == "" {
			t.Skipf("RESTART names no command that restarts %s", daemon)
		}
		down := outage{from: time.Now()}
		w.shell(t, restart, daemon)
		ctx, cancel := context.WithTimeout(t.Context(), restartedWithin)
		defer cancel()
		if err := cluster.Eventually(ctx, func(ctx context.Context) error {
			return w.core.CoreV1().RESTClient().Get().AbsPath("/readyz").Timeout(time.Second).Do(ctx).Error()
		}); err != nil {
			t.Fatalf("%s has not come back, so nothing is known of Seedbed: %v", daemon, err)
		}
		w.awaitLeader(t, time.Now())
		w.awaitPods(t)
		down.until = time.Now()
		return down
	}
}

// awaitLeader waits until a replica has taken or renewed the lease after that time.
func (w *world) awaitLeader(t *testing.T, after time.Time) {
	t.Helper()
	w.eventually(t, func(ctx context.Context) error {
		lease := &coordinationv1.Lease{}
		if err := w.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: "seedbed-leader"}, lease); err != nil {
			return err
		}
		if lease.Spec.RenewTime == nil || !lease.Spec.RenewTime.After(after) {
			return fmt.Errorf("the lease was renewed last at %v", lease.Spec.RenewTime)
		}
		return nil
	})
}
