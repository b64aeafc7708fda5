package apply

import (
	"context"
	"errors"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/json"

	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// Preview says what Apply would do to one object, and changes nothing: it looks what is there, and every write is a
// dry run. It does not know what the objects before this one would change.
func (a *Applier) Preview(ctx context.Context, target Target, object manifest.Object) Change {
	target.LookFirst = true
	change := (&Applier{client: a.client.dryRun(), resolver: a.resolver, large: a.large}).Apply(ctx, target, object)
	change.created, change.awaits = reference{}, awaited(object, target, change.Err)
	return change
}

// PreviewNew says what Apply would do to one object in a namespace that is not there yet. Nothing is asked about most
// objects but whether the cluster serves their kind; Roles and RoleBindings are tried in another namespace, trial,
// since Seedbed may not grant everything.
func (a *Applier) PreviewNew(ctx context.Context, trial string, object manifest.Object) Change {
	change := Change{Key: object.Key, Result: Failed}
	mapping, err := a.resolver.Resolve(object.Kind)
	if err != nil {
		change.Err = err
		return change
	}
	change.resource = mapping.Resource
	kind := object.Kind.GroupKind()
	if kind.Group == rbacv1.GroupName {
		if err := a.Refused(ctx, trial, object); err != nil {
			change.Err = discreet(kind, err)
			return change
		}
	}
	change.Result = Created
	if kind == serviceAccount && object.Name == "default" {
		change.Result = Updated // the controller manager is about to make it
	}
	change.relabelled(object, mapping.GroupVersionKind.GroupVersion())
	return change
}

// Awaits is the key of an object that was missing, so that the API server refused this one: the Role of a RoleBinding, the
// ServiceAccount of a Pod. Empty when it was refused for another reason, or not at all.
func (c *Change) Awaits() string { return c.awaits }

// awaited finds what Awaits says, in what was refused.
func awaited(object manifest.Object, target Target, err error) string {
	var refused struct {
		RoleRef rbacv1.RoleRef `json:"roleRef"`
		Spec    struct {
			ServiceAccountName string `json:"serviceAccountName"`
		} `json:"spec"`
	}
	if err == nil || json.Unmarshal(object.Body.Encode(schema.GroupVersion{}, target.Namespace, target.Labels), &refused) != nil {
		return "" // of an odd shape: the refusal stands
	}
	if errors.Is(err, errNoRole) && refused.RoleRef.Kind == "Role" {
		return "roles." + rbacv1.GroupName + "/" + refused.RoleRef.Name
	}
	// The API server's plugin ServiceAccount gives no other sign.
	if apierrors.IsForbidden(err) && strings.Contains(err.Error(), "error looking up service account ") {
		return "serviceaccounts/" + refused.Spec.ServiceAccountName
	}
	return ""
}

// Version is the one that the object is written in.
func (c *Change) Version() schema.GroupVersion { return c.resource.GroupVersion() }
