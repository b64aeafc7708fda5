package controller

import (
	"strings"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// logsOf makes a controller's log lines: they name the controller and what it was asked to look at. The default names
// the latter as "namespace" and "name" besides, which are the names of what our own lines are about: a key that
// comes twice in a line is read by each log store in its own way.
func logsOf(mgr ctrl.Manager, name string) func(*reconcile.Request) logr.Logger {
	logger := mgr.GetLogger().WithValues("controller", name)
	return func(request *reconcile.Request) logr.Logger {
		if request == nil {
			return logger
		}
		return logger.WithValues("request", strings.TrimPrefix(request.String(), "/"))
	}
}
