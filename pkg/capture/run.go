package capture

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/archive"
	"seedbed.dev/seedbed/pkg/store"
)

// namespaces are stored without being selected.
var namespaces = resource{GroupVersionResource: corev1.SchemeGroupVersion.WithResource("namespaces")}

// run is one Run of a Capturer.
type run struct {
	client   dynamic.Interface
	selector string
	progress func(found, written int32)

	archive *archive.Writer
	content buffer
	// written counts the objects in the archive, bytes their content.
	written int32
	bytes   int64
	counts  []v1alpha1.ResourceCount

	warnings, errors []string
	// transient reports whether one of the errors may pass by itself.
	transient bool
}

func (r *run) warn(format string, args ...any) {
	r.warnings = append(r.warnings, fmt.Sprintf(format, args...))
}

func (r *run) fail(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

// all captures the resources, which are in order, from the namespaces, which are as well.
func (r *run) all(ctx context.Context, resources []resource, names []string) error {
	sources, err := r.sources(ctx, names)
	if err != nil {
		return err
	}
	place, _ := slices.BinarySearchFunc(resources, namespaces, func(a, b resource) int { return cmp.Compare(a.name(), b.name()) })
	for _, resource := range resources[:place] {
		if err := r.resource(ctx, resource, sources.names); err != nil {
			return err
		}
	}
	for _, item := range sources.items {
		if err := r.archive.Add(item); err != nil {
			return err
		}
	}
	for _, resource := range resources[place:] {
		if err := r.resource(ctx, resource, sources.names); err != nil {
			return err
		}
	}
	return r.archive.Close()
}

// sourceNamespaces are the namespaces that can be listed, and their own objects as far as they could be read.
type sourceNamespaces struct {
	names []string
	items []archive.Item
}

func (r *run) sources(ctx context.Context, names []string) (s sourceNamespaces, err error) {
	for _, name := range names {
		namespace, err := call(ctx, func() (*unstructured.Unstructured, error) {
			return r.client.Resource(namespaces.GroupVersionResource).Get(ctx, name, metav1.GetOptions{})
		})
		switch {
		case ctx.Err() != nil:
			return s, err
		case apierrors.IsNotFound(err):
			r.fail("namespace %s does not exist", name)
			continue
		case err != nil:
			// What is in it may be readable all the same.
			r.failBecause(err, "namespace %s itself could not be read: %v", name, err)
			s.names = append(s.names, name)
			continue
		case namespace.GetDeletionTimestamp() != nil:
			r.fail("namespace %s is being deleted: what it still holds is not what it was meant to hold", name)
		}
		item, err := newItem(namespaces, namespace)
		if err != nil {
			return s, err
		}
		s.names, s.items = append(s.names, name), append(s.items, item)
	}
	return s, nil
}

// resource captures one resource from every namespace.
func (r *run) resource(ctx context.Context, resource resource, names []string) error {
	before := r.written
	for _, name := range names {
		items, err := r.collect(ctx, resource, name)
		if ctx.Err() != nil || errors.Is(err, archive.ErrLimit) {
			return err
		}
		if err != nil {
			r.failBecause(err, "%s in namespace %s could not be listed: %v", resource.name(), name, err)
			continue
		}
		if err := r.add(items); err != nil {
			return err
		}
	}
	if count := r.written - before; count > 0 {
		r.counts = append(r.counts, v1alpha1.ResourceCount{Resource: resource.name(), Count: count})
	}
	return nil
}

// collect lists one resource of one namespace. Nothing of it is written before all of it is there: a list that has to
// begin again would otherwise be in the archive twice, or half.
func (r *run) collect(ctx context.Context, resource resource, namespace string) ([]archive.Item, error) {
	var items []archive.Item
	var deleted []string
	size := int64(0)
	restart := func() { items, deleted, size = nil, nil, 0 }
	page := func(list *unstructured.UnstructuredList) error {
		for i := range list.Items {
			object := &list.Items[i]
			if object.GetDeletionTimestamp() != nil {
				deleted = append(deleted, object.GetName())
				continue
			}
			if isStored(resource, object) {
				continue
			}
			item, err := newItem(resource, object)
			if err != nil {
				return err
			}
			items, size = append(items, item), size+int64(len(item.Content))
		}
		found := int(r.written) + len(items)
		r.progress(int32(found), r.written)
		return r.bound(found, size)
	}
	if err := listPages(ctx, r.client.Resource(resource.GroupVersionResource).Namespace(namespace), r.selector, restart, page); err != nil {
		return nil, err
	}
	for _, name := range deleted {
		r.warn("%s %s/%s is being deleted and was left out", resource.name(), namespace, name)
	}
	slices.SortFunc(items, func(a, b archive.Item) int { return cmp.Compare(a.Name, b.Name) })
	return items, nil
}

// bound stops a list that could not be written before it fills the memory: the archive holds every object twice.
func (r *run) bound(found int, size int64) error {
	if found > maxItems {
		return fmt.Errorf("%w: more than %d objects", archive.ErrLimit, maxItems)
	}
	if limit := archive.DefaultLimits.TotalBytes; 2*(r.bytes+size) > limit {
		return fmt.Errorf("%w: more than %d bytes before compression", archive.ErrLimit, limit)
	}
	return nil
}

func (r *run) add(items []archive.Item) error {
	for _, item := range items {
		err := r.archive.Add(item)
		switch {
		case errors.Is(err, archive.ErrUnfit):
			r.fail("%s %s/%s was left out: %v", item.Resource, item.Namespace, item.Name, err)
			continue
		case err != nil:
			return err
		}
		r.written++
		r.bytes += int64(len(item.Content))
	}
	if len(items) > 0 {
		r.progress(r.written, r.written)
	}
	return nil
}

// isStored tells the Secrets that hold backups: in a backup of Seedbed's own namespace they would hand out all the others.
func isStored(resource resource, object *unstructured.Unstructured) bool {
	if resource.Group != "" || resource.Resource != "secrets" {
		return false
	}
	kind, _, _ := unstructured.NestedString(object.Object, "type")
	return kind == string(store.SecretType)
}

// newItem keeps the object as the API server gave it: cleaning is the restore's work.
func newItem(resource resource, object *unstructured.Unstructured) (archive.Item, error) {
	item := archive.Item{Resource: resource.name(), Version: resource.Version, Namespace: object.GetNamespace(), Name: object.GetName()}
	content, err := json.Marshal(object.Object)
	if err != nil {
		return item, fmt.Errorf("%s %s/%s cannot be encoded: %w", item.Resource, item.Namespace, item.Name, err)
	}
	item.Content = content
	return item, nil
}
