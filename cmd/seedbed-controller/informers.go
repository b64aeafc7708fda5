package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	toolscache "k8s.io/client-go/tools/cache"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/rewatch"
)

// warm is what every replica keeps up to date, whether it leads or not: admission answers from it, and a
// new leader begins without listing. Previews are not among it: only the leader answers them, and each may be large.
var warm = []client.Object{
	&corev1.Namespace{}, &v1alpha1.Baseline{}, &v1alpha1.BaselineBackup{}, &v1alpha1.BaselineRecord{},
	&v1alpha1.BaselineRestore{},
}

// newInformer makes an informer that is up to date again soon after an outage.
func newInformer(from toolscache.ListerWatcher, example runtime.Object, resync time.Duration, indexers toolscache.Indexers) toolscache.SharedIndexInformer {
	return toolscache.NewSharedIndexInformer(rewatch.ListerWatcher(from), example, resync, indexers)
}

// synced is a readiness check: true once the informers have listed everything.
type synced struct{ done atomic.Bool }

func startInformers(ctx context.Context, mgr ctrl.Manager) (*synced, error) {
	for _, kind := range warm {
		if _, err := mgr.GetCache().GetInformer(ctx, kind); err != nil {
			return nil, fmt.Errorf("watching %T: %w", kind, err)
		}
	}
	s := &synced{}
	return s, mgr.Add(s)
}

// Start is called by the manager once its caches are synced.
func (s *synced) Start(context.Context) error {
	s.done.Store(true)
	return nil
}

// NeedLeaderElection is false: every replica admits.
func (s *synced) NeedLeaderElection() bool { return false }

func (s *synced) ready(*http.Request) error {
	if !s.done.Load() {
		return errors.New("caches are not synced yet")
	}
	return nil
}
