package baseline

import (
	"context"
	"errors"
	"fmt"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// checkMayGrant returns an error unless the user may write the missing parts of a grant. It is called before anything is
// written.
func checkMayGrant(ctx context.Context, c client.Client, baseline string, stored *storedGrant) error {
	asked := authorizationv1.ResourceAttributes{Group: rbacv1.GroupName, Resource: "clusterroles", Verb: "create"}
	if stored.role == nil {
		if err := resource.CheckAllowed(ctx, c, asked); err != nil {
			return err
		}
	}
	asked.Resource = "clusterrolebindings"
	if stored.binding != nil {
		asked.Verb, asked.Name = "update", stored.binding.Name
	}
	if err := resource.CheckAllowed(ctx, c, asked); err != nil {
		return err
	}
	return checkMayHandOut(ctx, c, baseline, stored.role == nil)
}

// checkMayHandOut returns an error unless the user has the verbs of the grant, or the verbs that replace them: RBAC lets users
// hand out no more than they have.
func checkMayHandOut(ctx context.Context, c client.Client, baseline string, newRole bool) error {
	missing := false
	for _, verb := range []string{"get", v1alpha1.VerbUse} {
		allowed, err := resource.IsAllowed(ctx, c, authorizationv1.ResourceAttributes{Group: v1alpha1.GroupName, Resource: "baselines", Name: baseline, Verb: verb})
		if err != nil {
			return err
		}
		missing = missing || !allowed
	}
	if !missing {
		return nil
	}
	instead := []string{"bind"}
	if newRole {
		instead = append(instead, "escalate")
	}
	for _, verb := range instead {
		allowed, err := resource.IsAllowed(ctx, c, authorizationv1.ResourceAttributes{Group: rbacv1.GroupName, Resource: "clusterroles", Name: grantName(baseline), Verb: verb})
		if err != nil {
			return err
		}
		if !allowed {
			return errors.New(explainEscalation(baseline))
		}
	}
	return nil
}

func explainEscalation(baseline string) string {
	return fmt.Sprintf("you may not let others choose baseline %q, because you may not choose it yourself: RBAC lets nobody hand out more than they have. "+
		"Ask whoever administers the cluster for the verbs \"get\" and \"use\" on it, or to run this for you", baseline)
}

// explainGrant returns the error of a grant that was not written. An authorizer beside RBAC may allow more than RBAC lets a
// user hand out.
func explainGrant(action string, err error) error {
	var told *output.Explained
	switch {
	case err == nil, errors.As(err, &told):
		return err
	case apierrors.IsForbidden(err) && strings.Contains(err.Error(), "attempting to grant RBAC permissions not currently held"):
		return &output.Explained{Cause: err, Text: fmt.Sprintf("cannot %s: RBAC lets nobody hand out more than its own roles give them, and those give you less: "+
			"ask whoever administers the cluster to run this for you", action)}
	}
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		return output.Explain(action, err)
	}
	return err
}
