package controller

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

// veleroRestores is the resource of Velero's Restores.
var veleroRestores = schema.GroupVersionResource{Group: "velero.io", Version: "v1", Resource: "restores"}

// veleroPage is how many Restores one request of a list returns at most.
const veleroPage = 250

// VeleroClient lists Velero's Restores of one namespace. It needs no types of Velero's, and no Velero.
type VeleroClient struct {
	Client dynamic.Interface
	// Namespace is Velero's.
	Namespace string
}

// List returns those that may still create objects. It returns none where the kind is not served or may not be listed.
func (v *VeleroClient) List(ctx context.Context) ([]policy.VeleroRestore, error) {
	var restores []policy.VeleroRestore
	options := metav1.ListOptions{Limit: veleroPage}
	for {
		page, err := v.Client.Resource(veleroRestores).Namespace(v.Namespace).List(ctx, options)
		if apierrors.IsNotFound(err) || apierrors.IsForbidden(err) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("listing the Restores of namespace %s: %w", v.Namespace, err)
		}
		for i := range page.Items {
			if restore := readVeleroRestore(&page.Items[i]); restore.IsMaking() {
				restores = append(restores, restore)
			}
		}
		if options.Continue = page.GetContinue(); options.Continue == "" {
			return restores, nil
		}
	}
}

// readVeleroRestore returns the part of a Restore that decides. A field of another type than Velero's counts as absent.
func readVeleroRestore(object *unstructured.Unstructured) policy.VeleroRestore {
	restore := policy.VeleroRestore{Name: object.GetNamespace() + "/" + object.GetName()}
	restore.Phase, _, _ = unstructured.NestedString(object.Object, "status", "phase")
	restore.Included, _, _ = unstructured.NestedStringSlice(object.Object, "spec", "includedNamespaces")
	restore.Excluded, _, _ = unstructured.NestedStringSlice(object.Object, "spec", "excludedNamespaces")
	restore.Mapping, _, _ = unstructured.NestedStringMap(object.Object, "spec", "namespaceMapping")
	return restore
}
