package certs

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/cluster"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

// CacheByObject restricts a manager's cache to the one Secret and the webhook configuration that this package
// watches. It is for [cache.Options.ByObject]. Other Secrets cannot be read through that cache.
func CacheByObject(namespace, secretName, configuration string) map[client.Object]cache.ByObject {
	name := func(name string) fields.Selector { return fields.OneTermEqualSelector("metadata.name", name) }
	return map[client.Object]cache.ByObject{
		&corev1.Secret{}:        {Namespaces: map[string]cache.Config{namespace: {FieldSelector: name(secretName)}}},
		&webhookConfiguration{}: {Field: name(configuration)},
	}
}

// followSecret adds a controller to the manager, which has load take each version of a Secret, on every replica. The cache of
// from must hold the Secret. loaded is the log message.
func followSecret(mgr manager.Manager, name string, from cluster.Cluster, key types.NamespacedName, load func(*corev1.Secret) error, loaded string) error {
	follow := func(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
		secret := &corev1.Secret{}
		if err := from.GetClient().Get(ctx, key, secret); err != nil {
			// The leader or the issuer creates a missing Secret again. Until then the content that was loaded stays in use.
			return reconcile.Result{}, client.IgnoreNotFound(err)
		}
		if err := load(secret); err != nil {
			// Retrying does not help. The leader or the issuer repairs the Secret, which triggers the watch.
			return reconcile.Result{}, reconcile.TerminalError(err)
		}
		log.FromContext(ctx).V(1).Info(loaded, "resourceVersion", secret.ResourceVersion)
		return reconcile.Result{}, nil
	}
	follower, err := controller.New(name, mgr, controller.Options{NeedLeaderElection: new(false), RateLimiter: newRateLimiter(), Reconciler: reconcile.Func(follow)})
	if err != nil {
		return err
	}
	return follower.Watch(secretChanges(from.GetCache(), key))
}

// secretChanges returns the source of a Secret's changes.
func secretChanges(secrets cache.Cache, secret types.NamespacedName) source.Source {
	return source.Kind(secrets, client.Object(&corev1.Secret{}), &handler.EnqueueRequestForObject{}, hasName(secret))
}

// hasName returns a predicate that accepts only the object of that name, in case the manager's cache holds more.
func hasName(name types.NamespacedName) predicate.Predicate {
	return predicate.NewPredicateFuncs(func(obj client.Object) bool {
		return client.ObjectKeyFromObject(obj) == name
	})
}

// newRateLimiter returns a rate limiter with shorter delays than the standard one, which may delay by a quarter of an
// hour: nothing works without a certificate.
func newRateLimiter() workqueue.TypedRateLimiter[reconcile.Request] {
	return workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](50*time.Millisecond, 30*time.Second)
}
