package version

import (
	"cmp"
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

const (
	// labelVersion is the chart's label with the version that it installs.
	labelVersion = "app.kubernetes.io/version"
	// leaderLease is the Lease of the leading controller.
	leaderLease = "seedbed-leader"
)

// controllers describes the controllers, a line for people in each field. An empty field is unknown.
type controllers struct {
	version, replicas, leader string
}

// findControllers reads the controllers' Deployment and their Lease. A line names the kinds that the user may not read.
func findControllers(ctx context.Context, c client.Reader, now time.Time) controllers {
	deployment, err := resource.FindController(ctx, c)
	namespace := resource.DefaultNamespace
	var found controllers
	switch {
	case apierrors.IsForbidden(err):
		found.replicas = "unknown: you may not list deployments.apps in namespace " + namespace
	case err != nil:
		found.replicas = "unknown: " + output.OneLine(err.Error())
	case deployment == nil:
		found.replicas = fmt.Sprintf("no Deployment is labelled %s=%s", resource.LabelName, resource.NameSeedbed)
	default:
		namespace = deployment.Namespace
		found.version = controllerVersion(deployment)
		found.replicas = fmt.Sprintf("%d of %d ready in namespace %s", deployment.Status.ReadyReplicas, ptr.Deref(deployment.Spec.Replicas, 1), namespace)
	}
	found.leader = findLeader(ctx, c, namespace, now)
	return found
}

// controllerVersion returns the version of a Deployment's label, and its image, which is the running one.
func controllerVersion(deployment *appsv1.Deployment) string {
	version := cmp.Or(deployment.Labels[labelVersion], "unknown")
	if containers := deployment.Spec.Template.Spec.Containers; len(containers) > 0 {
		version += " (image " + containers[0].Image + ")"
	}
	return version
}

// findLeader returns the leader by the Lease.
func findLeader(ctx context.Context, c client.Reader, namespace string, now time.Time) string {
	lease := &coordinationv1.Lease{}
	err := c.Get(ctx, client.ObjectKey{Namespace: namespace, Name: leaderLease}, lease)
	switch {
	case apierrors.IsForbidden(err):
		return fmt.Sprintf("unknown: you may not get leases in namespace %s", namespace)
	case apierrors.IsNotFound(err):
		return fmt.Sprintf("none: there is no lease %s in namespace %s", leaderLease, namespace)
	case err != nil:
		return "unknown: " + output.OneLine(err.Error())
	}
	return formatLeader(&lease.Spec, now)
}

// formatLeader returns the holder of a Lease, or the last one.
func formatLeader(spec *coordinationv1.LeaseSpec, now time.Time) string {
	if spec.HolderIdentity == nil || *spec.HolderIdentity == "" || spec.RenewTime == nil || spec.LeaseDurationSeconds == nil {
		return "none: the last one gave it up"
	}
	age := now.Sub(spec.RenewTime.Time)
	renewed := fmt.Sprintf("%s, renewed %s ago", *spec.HolderIdentity, duration.HumanDuration(max(age, 0)))
	if age > time.Duration(*spec.LeaseDurationSeconds)*time.Second {
		return "none: the last one was " + renewed
	}
	return renewed
}
