package diff

import (
	"context"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"seedbed.dev/seedbed/pkg/cli/output"
)

// live reads the objects of a namespace with the rights of the caller.
type live struct {
	client    dynamic.Interface
	namespace string
}

// read returns the live object in place of a baseline's, or nil if there is none. key is its resource and name, as
// "deployments.apps/web".
func (l *live) read(ctx context.Context, key string, baseline *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	resource, name, _ := strings.Cut(key, "/")
	plural := schema.ParseGroupResource(resource).Resource
	at := baseline.GroupVersionKind().GroupVersion().WithResource(plural)
	object, err := l.client.Resource(at).Namespace(l.namespace).Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case apierrors.IsForbidden(err):
		return nil, &output.Explained{
			Text:  fmt.Sprintf("you may not get %s in namespace %q: ask whoever administers the cluster for that permission", resource, l.namespace),
			Cause: err,
		}
	case err != nil:
		return nil, output.Explain("read "+key, err)
	}
	return object, nil
}
