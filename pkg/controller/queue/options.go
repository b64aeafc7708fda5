package queue

import (
	"strings"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const (
	// firstDelay is the delay after the first error of a reconcile. It doubles with each further error.
	firstDelay = 50 * time.Millisecond
	// MaxDelay is the longest delay between two attempts at anything.
	MaxDelay = 5 * time.Minute
)

// Options returns the options of a controller with a number of workers.
func Options(mgr ctrl.Manager, name string, workers int) controller.Options {
	return controller.Options{
		MaxConcurrentReconciles: workers,
		RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstDelay, MaxDelay),
		LogConstructor:          newLogConstructor(mgr.GetLogger(), name),
	}
}

// newLogConstructor returns the log constructor of a controller. Its lines name the controller and the request. The default adds
// the request as "namespace" and "name", too. These are the keys of the objects in our own lines, and log stores disagree about
// keys that a line has twice.
func newLogConstructor(logger logr.Logger, name string) func(*reconcile.Request) logr.Logger {
	logger = logger.WithValues("controller", name)
	return func(request *reconcile.Request) logr.Logger {
		if request == nil {
			return logger
		}
		return logger.WithValues("request", strings.TrimPrefix(request.String(), "/"))
	}
}
