package controller

import (
	"strings"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// logsOf returns the log constructor of a controller. Its lines name the controller and the request. The default adds the request
// as "namespace" and "name", too. These are the keys of the objects in our own lines, and log stores disagree about keys that a
// line has twice.
func logsOf(mgr ctrl.Manager, name string) func(*reconcile.Request) logr.Logger {
	logger := mgr.GetLogger().WithValues("controller", name)
	return func(request *reconcile.Request) logr.Logger {
		if request == nil {
			return logger
		}
		return logger.WithValues("request", strings.TrimPrefix(request.String(), "/"))
	}
}
