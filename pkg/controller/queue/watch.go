package queue

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Requests is the queue of a controller.
type Requests = workqueue.TypedRateLimitingInterface[reconcile.Request]

// LowPriority is the priority of requests for namespaces that are not new.
var LowPriority = handler.LowPriority

// RequestFor returns the request for a cluster-scoped object.
func RequestFor(name string) reconcile.Request {
	return reconcile.Request{NamespacedName: types.NamespacedName{Name: name}}
}

// AddLow adds a request for a cluster-scoped object after those for new namespaces.
func AddLow(q Requests, name string) {
	if queue, ok := q.(priorityqueue.PriorityQueue[reconcile.Request]); ok {
		queue.AddWithOpts(priorityqueue.AddOpts{Priority: &LowPriority}, RequestFor(name))
		return
	}
	q.Add(RequestFor(name))
}

// Names returns a source that adds the names from a channel to the queue.
func Names(names <-chan event.TypedGenericEvent[string], add func(q Requests, name string)) source.Source {
	return source.Channel(names, handler.TypedFuncs[string, reconcile.Request]{
		GenericFunc: func(_ context.Context, e event.TypedGenericEvent[string], q Requests) { add(q, e.Object) },
	})
}

// IgnoreInitialList returns a create handler that ignores the objects that exist at the start: every namespace is in the queue
// then, and each of fifty Baselines would look through all of them.
func IgnoreInitialList(enqueue func(context.Context, Requests, client.Object)) func(context.Context, event.CreateEvent, Requests) {
	return func(ctx context.Context, e event.CreateEvent, q Requests) {
		if !e.IsInInitialList {
			enqueue(ctx, q, e.Object)
		}
	}
}

// BackupPhaseChanged reports whether an update changed the phase of a backup.
func BackupPhaseChanged(e event.UpdateEvent) bool {
	oldObj, ok := e.ObjectOld.(*v1alpha1.BaselineBackup)
	newObj, ok2 := e.ObjectNew.(*v1alpha1.BaselineBackup)
	return ok && ok2 && oldObj.Phase() != newObj.Phase()
}
