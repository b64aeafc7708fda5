package integration

import (
	"context"
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	testingclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	backupcontroller "seedbed.dev/seedbed/pkg/controller/backup"
	"seedbed.dev/seedbed/test/cluster"
)

// A ttl ends by the API server's clock, which set its start, however wrong the leader's is (findings S29).
func TestTTLFollowsAPIServerClock(t *testing.T) {
	tests := map[string]struct {
		ahead time.Duration // of the leader's clock
		ttl   time.Duration
		gone  bool
	}{
		"two hours ahead":             {ahead: 2 * time.Hour, ttl: time.Hour},
		"two hours behind":            {ahead: -2 * time.Hour, ttl: time.Hour},
		"two hours ahead, it is over": {ahead: 2 * time.Hour, ttl: time.Second, gone: true},
		"two hours behind, the same":  {ahead: -2 * time.Hour, ttl: time.Second, gone: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ctx, c := testContext(t), adminClient(t)
			backup := &v1alpha1.BaselineBackup{
				ObjectMeta: metav1.ObjectMeta{GenerateName: "ttl-", Finalizers: []string{v1alpha1.FinalizerContent}},
				Spec:       v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{"any"}, TTL: &metav1.Duration{Duration: test.ttl}},
			}
			if err := c.Create(ctx, backup); err != nil {
				t.Fatal(err)
			}
			meta.SetStatusCondition(&backup.Status.Conditions, metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.PhaseCompleted})
			if err := c.Status().Update(ctx, backup); err != nil {
				t.Fatal(err)
			}
			secrets := clientFor(t, testCluster.Config()).CoreV1().Secrets(metav1.NamespaceDefault)
			var result reconcile.Result
			reconcileOnce := func(ctx context.Context) (err error) {
				clock := testingclock.NewFakePassiveClock(time.Now().Add(test.ahead)) //nolint:forbidigo // the API server's clock
				reconciler := &backupcontroller.Reconciler{Client: c, Live: c, ServerClock: backupcontroller.NewServerClock(secrets, clock)}
				if result, err = reconciler.Reconcile(ctx, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(backup)}); err != nil {
					return err
				}
				if err := c.Get(ctx, client.ObjectKeyFromObject(backup), backup); err != nil {
					return err
				}
				if gone := backup.DeletionTimestamp != nil; gone != test.gone {
					return fmt.Errorf("deleted: %v, want %v", gone, test.gone)
				}
				return nil
			}
			if err := cluster.Eventually(ctx, reconcileOnce); err != nil {
				t.Error(err)
			}
			if after := result.RequeueAfter; !test.gone && (after < test.ttl-time.Minute || after > test.ttl+time.Second) {
				t.Errorf("it is looked at again after %s, want its ttl", after)
			}
			backup.Finalizers = nil
			if err := client.IgnoreNotFound(c.Update(ctx, backup)); err != nil {
				t.Fatal(err)
			}
		})
	}
}
