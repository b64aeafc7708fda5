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

// fault is one disturbance of an installation.
type fault struct {
	name string
	// happen causes it, and returns after the recovery with the time in which no replica could answer.
	happen func(*testing.T, *env) time.Duration
	// ofControlPlane reports whether the API server may be unavailable meanwhile.
	ofControlPlane bool
}

// testFaults causes the faults one after the other while namespaces are created. None is ever refused, annotated or not, whether a
// replica can answer or not; in the end each namespace is populated.
func testFaults(t *testing.T, e *env) {
	counted := newOutcomeTable()
	for i, f := range []fault{
		{name: "each pod killed in turn", happen: killEach},
		{name: "all pods killed at once", happen: killAll},
		{name: "rolling helm upgrade", happen: func(t *testing.T, e *env) time.Duration { testRollingUpgrade(t, e); return 0 }},
		{name: "API server restarted", happen: restartDaemon("kube-apiserver"), ofControlPlane: true},
		{name: "etcd restarted", happen: restartDaemon("etcd"), ofControlPlane: true},
	} {
		t.Run(f.name, func(t *testing.T) {
			l := e.startLoad(t, fmt.Sprintf("fault-%d", i), steadyRate)
			l.awaitAdmitted(t, 2)
			began := time.Now()
			down := f.happen(t, e)
			l.awaitAdmitted(t, 6) // the first of them may have begun before the recovery
			attempts := l.collectAttempts(t, steadyRate)
			counted.addPhase(f.name, attempts)
			l.requireSuccess(t, attempts, func(a attempt) bool {
				return a.outcome == away && f.ofControlPlane
			})
			ended := time.Since(began)
			count := l.awaitPopulated(t)
			t.Logf("recovery took %s, and %d namespaces are populated %s later; no replica was up for %s, and %d containers were started again",
				ended.Round(time.Millisecond), count, (time.Since(began) - ended).Round(time.Millisecond), down.Round(time.Millisecond), e.countRestarts(t))
		})
	}
	counted.logTo(t)
}

// countRestarts returns the restarts of the present pods' containers.
func (e *env) countRestarts(t *testing.T) (count int32) {
	t.Helper()
	for _, pod := range e.awaitPods(t) {
		count += pod.Status.ContainerStatuses[0].RestartCount
	}
	return count
}

// killEach kills the pods one after the other, each after its predecessor has been replaced.
func killEach(t *testing.T, e *env) time.Duration {
	for _, pod := range e.awaitPods(t) {
		e.killPod(t, pod)
		e.awaitPods(t)
	}
	return 0
}

// killAll kills the pods at once and returns the time without any.
func killAll(t *testing.T, e *env) time.Duration {
	began := time.Now()
	for _, pod := range e.awaitPods(t) {
		e.killPod(t, pod)
	}
	e.awaitPods(t)
	return time.Since(began)
}

// killPod deletes a pod without its grace period and returns once it is no longer counted.
func (e *env) killPod(t *testing.T, pod corev1.Pod) {
	t.Helper()
	if err := e.Delete(e.newContext(t), &pod, client.GracePeriodSeconds(0)); err != nil {
		t.Fatal(err)
	}
	e.requireEventually(t, func(ctx context.Context) error {
		return checkNotFound(e.Get(ctx, client.ObjectKeyFromObject(&pod), &corev1.Pod{}))
	})
}

// restartedWithin bounds the restart of the control plane.
const restartedWithin = 90 * time.Second

// restartDaemon restarts a part of the control plane by the command in RESTART. A replica counts as up once it reaches the API
// server again: a node's proxy learns late of a restarted API server.
func restartDaemon(daemon string) func(*testing.T, *env) time.Duration {
	return func(t *testing.T, e *env) time.Duration {
		restart := os.Getenv("RESTART")
		if restart == "" {
			t.Skipf("RESTART names no command that restarts %s", daemon)
		}
		began := time.Now()
		e.mustRunShell(t, restart, daemon)
		ctx, cancel := context.WithTimeout(t.Context(), restartedWithin)
		defer cancel()
		if err := cluster.Eventually(ctx, func(ctx context.Context) error {
			return e.core.CoreV1().RESTClient().Get().AbsPath("/readyz").Timeout(time.Second).Do(ctx).Error()
		}); err != nil {
			t.Fatalf("%s has not come back, so the test proves nothing of Seedbed: %v", daemon, err)
		}
		e.awaitLeader(t, began.Add(time.Since(began)))
		e.awaitPods(t)
		return time.Since(began)
	}
}

// awaitLeader waits until a replica has taken or renewed the lease after that time.
func (e *env) awaitLeader(t *testing.T, after time.Time) {
	t.Helper()
	e.requireEventually(t, func(ctx context.Context) error {
		lease := &coordinationv1.Lease{}
		if err := e.Get(ctx, client.ObjectKey{Namespace: e.namespace, Name: "seedbed-leader"}, lease); err != nil {
			return err
		}
		if lease.Spec.RenewTime == nil || !lease.Spec.RenewTime.After(after) {
			return fmt.Errorf("the lease was renewed last at %v", lease.Spec.RenewTime)
		}
		return nil
	})
}
