package resource

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// LabelName is the chart's label that selects the controllers' Deployment.
	LabelName = "app.kubernetes.io/name"
	// NameSeedbed is the value of LabelName.
	NameSeedbed = "seedbed"
	// DefaultNamespace is the documented namespace of Seedbed.
	DefaultNamespace = "seedbed-system"
)

// FindController returns the controllers' Deployment, or nil if there is none. A user who may not list Deployments of all
// namespaces gets that of DefaultNamespace.
func FindController(ctx context.Context, c client.Reader) (*appsv1.Deployment, error) {
	var list appsv1.DeploymentList
	err := c.List(ctx, &list, client.MatchingLabels{LabelName: NameSeedbed})
	if apierrors.IsForbidden(err) { // perhaps not in every namespace
		err = c.List(ctx, &list, client.MatchingLabels{LabelName: NameSeedbed}, client.InNamespace(DefaultNamespace))
	}
	if err != nil || len(list.Items) == 0 {
		return nil, err
	}
	return &list.Items[0], nil
}

// FindOwnNamespace returns the namespace in which Seedbed runs, which is never populated: DefaultNamespace if the Deployment
// cannot be read.
func FindOwnNamespace(ctx context.Context, c client.Reader) string {
	if deployment, err := FindController(ctx, c); err == nil && deployment != nil {
		return deployment.Namespace
	}
	return DefaultNamespace
}
