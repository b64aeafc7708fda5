package velero

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"seedbed.dev/seedbed/pkg/policy"
)

// restoresResource is the resource of Velero's Restores.
var restoresResource = schema.GroupVersionResource{Group: "velero.io", Version: "v1", Resource: "restores"}

// pageLimit bounds one page of a list of Restores.
const pageLimit = 250

// Client lists Velero's Restores of one namespace. It needs neither the types of Velero nor Velero itself.
type Client struct {
	Client dynamic.Interface
	// Namespace is Velero's.
	Namespace string
}

// List returns the Restores that may still create objects. It returns none if the kind is not served or may not be listed.
func (v *Client) List(ctx context.Context) ([]policy.VeleroRestore, error) {
	var restores []policy.VeleroRestore
	options := metav1.ListOptions{Limit: pageLimit}
	for {
		page, err := v.Client.Resource(restoresResource).Namespace(v.Namespace).List(ctx, options)
		if apierrors.IsNotFound(err) || apierrors.IsForbidden(err) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("listing the Restores of namespace %s: %w", v.Namespace, err)
		}
		for i := range page.Items {
			if restore := readRestore(&page.Items[i]); restore.IsMaking() {
				restores = append(restores, restore)
			}
		}
		if options.Continue = page.GetContinue(); options.Continue == "" {
			return restores, nil
		}
	}
}

// readRestore returns the fields of a Restore that decide. A field of another type than Velero's counts as absent.
func readRestore(object *unstructured.Unstructured) policy.VeleroRestore {
	restore := policy.VeleroRestore{Name: object.GetNamespace() + "/" + object.GetName()}
	restore.Phase, _, _ = unstructured.NestedString(object.Object, "status", "phase")
	restore.Included, _, _ = unstructured.NestedStringSlice(object.Object, "spec", "includedNamespaces")
	restore.Excluded, _, _ = unstructured.NestedStringSlice(object.Object, "spec", "excludedNamespaces")
	restore.Mapping, _, _ = unstructured.NestedStringMap(object.Object, "spec", "namespaceMapping")
	return restore
}
