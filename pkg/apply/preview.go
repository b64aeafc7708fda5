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

// Preview returns the result that Apply would have for one object, and changes nothing: it reads the live object, and every write
// is a dry run. Changes of the objects before this one are not taken into account.
func (a *Applier) Preview(ctx context.Context, target Target, object manifest.Object) Change {
	target.ReadFirst = true
	change := (&Applier{client: a.client.dryRun(), resolver: a.resolver, comparison: a.comparison}).Apply(ctx, target, object)
	change.created, change.awaits = reference{}, awaitedKey(object, target, change.Err)
	return change
}

// PreviewNew returns the result that Apply would have for one object in a namespace that does not exist yet. For most objects it
// only checks that the cluster serves their kind. Roles and RoleBindings are tried in another namespace, trial, because Seedbed
// may not grant every permission.
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
			change.Err = redactError(kind, err)
			return change
		}
	}
	change.Result = Created
	if kind == serviceAccount && object.Name == "default" {
		change.Result = Updated // the controller manager is about to create it
	}
	change.warnIfConverted(object, mapping.GroupVersionKind.GroupVersion())
	return change
}

// awaitedKey returns the key that Change.Awaits has for a refused object.
func awaitedKey(object manifest.Object, target Target, err error) string {
	var refused struct {
		RoleRef rbacv1.RoleRef `json:"roleRef"`
		Spec    struct {
			ServiceAccountName string `json:"serviceAccountName"`
		} `json:"spec"`
	}
	if err == nil || json.Unmarshal(object.Body.Encode(schema.GroupVersion{}, target.Namespace, target.Labels), &refused) != nil {
		return "" // the object is malformed: the refusal is final
	}
	if errors.Is(err, errNoRole) && refused.RoleRef.Kind == "Role" {
		return "roles." + rbacv1.GroupName + "/" + refused.RoleRef.Name
	}
	// The API server's ServiceAccount plugin gives no other sign.
	if apierrors.IsForbidden(err) && strings.Contains(err.Error(), "error looking up service account ") {
		return "serviceaccounts/" + refused.Spec.ServiceAccountName
	}
	return ""
}

// Refused returns the API server's error if Seedbed's own permissions do not let it create an object in a namespace. It is a dry
// run. Roles and RoleBindings need more than a verb: RBAC lets no one grant permissions that they do not hold or may not bind.
// Other errors are ignored here.
func (a *Applier) Refused(ctx context.Context, namespace string, object manifest.Object) error {
	mapping, err := a.resolver.Resolve(object.Kind)
	if err != nil {
		return nil //nolint:nilerr // the restore itself reports a kind that cannot be written
	}
	at := place{resource: mapping.Resource, namespace: namespace}
	body := object.Body.Encode(mapping.GroupVersionKind.GroupVersion(), namespace, manifest.Labels{})
	err = retryTransient(ctx, func() error { return a.client.dryRunCreate(ctx, at, body) })
	if apierrors.IsForbidden(err) {
		return err
	}
	return nil
}
