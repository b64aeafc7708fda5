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
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/certs"
	"seedbed.dev/seedbed/pkg/controller/namespace"
	"seedbed.dev/seedbed/pkg/controller/preview"
	"seedbed.dev/seedbed/pkg/controller/records"
	"seedbed.dev/seedbed/pkg/controller/restore"
	"seedbed.dev/seedbed/pkg/controller/rewatch"
	"seedbed.dev/seedbed/pkg/seal"
)

// watchedKinds are cached on every replica: admission reads them, and a new leader need not list them. Previews are not among
// them: only the leader answers them, and each may be large.
var watchedKinds = []client.Object{
	&corev1.Namespace{}, &v1alpha1.Baseline{}, &v1alpha1.BaselineBackup{}, &v1alpha1.BaselineRecord{},
	&v1alpha1.BaselineRestore{},
}

// cacheByObject returns how the informer caches keep the kinds that clusters have thousands of, and those that Seedbed reads only
// few of.
func (o *options) cacheByObject(keys *seal.Ring) map[client.Object]cache.ByObject {
	byObject := certs.CacheByObject(o.namespace, o.tlsSecret, o.webhookConfiguration)
	byObject[&corev1.Namespace{}] = cache.ByObject{Transform: namespace.TrimCached}
	byObject[&v1alpha1.BaselineRecord{}] = cache.ByObject{Transform: records.TrimCached(keys)}
	byObject[&v1alpha1.BaselineRestore{}] = cache.ByObject{Transform: restore.TrimCached}
	byObject[&v1alpha1.BaselinePreview{}] = cache.ByObject{Transform: preview.TrimCached}
	return byObject
}

// newInformer returns an informer that recovers soon after an outage.
func newInformer(from toolscache.ListerWatcher, example runtime.Object, resync time.Duration, indexers toolscache.Indexers) toolscache.SharedIndexInformer {
	return toolscache.NewSharedIndexInformer(rewatch.ListerWatcher(from), example, resync, indexers)
}

// synced is a readiness check, which passes once the informers have synced.
type synced struct{ done atomic.Bool }

func startInformers(ctx context.Context, mgr ctrl.Manager) (*synced, error) {
	for _, kind := range watchedKinds {
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

// NeedLeaderElection implements manager.LeaderElectionRunnable: every replica admits.
func (s *synced) NeedLeaderElection() bool { return false }

func (s *synced) checkReady(*http.Request) error {
	if !s.done.Load() {
		return errors.New("caches are not synced yet")
	}
	return nil
}
