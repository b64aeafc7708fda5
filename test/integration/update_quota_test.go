package integration

import (
	"context"
	"errors"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/test/cluster"
)

func TestUpdateNamesTheQuota(t *testing.T) {
	env := newUpdateEnv(t)
	quota := &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Name: "small"}, Spec: corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{"count/secrets": resource.MustParse("0")}},
	}
	core := clientFor(t, testCluster.Config()).CoreV1()
	if _, err := core.ResourceQuotas(env.namespace).Create(testContext(t), quota, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	to := env.newRevision(t, oldSecret)
	object, _ := to.Find("secrets/pull")
	err := cluster.Eventually(testContext(t), func(ctx context.Context) error { // until admission knows the quota
		change := env.Apply(ctx, env.target(false, to), object)
		if apply.QuotaOf(change.Err) == "small" {
			return nil
		}
		err := core.Secrets(env.namespace).Delete(ctx, object.Name, metav1.DeleteOptions{})
		return fmt.Errorf("%s: %w", change.Result, errors.Join(change.Err, client.IgnoreNotFound(err)))
	})
	if err != nil {
		t.Error(err)
	}
}
