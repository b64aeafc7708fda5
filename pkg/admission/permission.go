package admission

import (
	"context"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Reviewer asks whether a user may do something.
type Reviewer interface {
	// Review says whether user, with its groups, uid and extra, may do what attributes say. An error means
	// that it is not known: treat it as a no.
	Review(ctx context.Context, user authenticationv1.UserInfo, attributes authorizationv1.ResourceAttributes) (allowed bool, err error)
}

// use is what it takes to choose a baseline for a namespace. An empty name stands for all of them.
func use(baseline string) authorizationv1.ResourceAttributes {
	return authorizationv1.ResourceAttributes{
		Group: v1alpha1.GroupName, Version: v1alpha1.GroupVersion.Version, Resource: "baselines",
		Verb: v1alpha1.VerbUse, Name: baseline,
	}
}

// restore is what it takes to hand out what a backup holds. An empty name stands for all of them.
func restore(backup string) authorizationv1.ResourceAttributes {
	return authorizationv1.ResourceAttributes{
		Group: v1alpha1.GroupName, Version: v1alpha1.GroupVersion.Version, Resource: "baselinebackups",
		Verb: v1alpha1.VerbRestore, Name: backup,
	}
}
