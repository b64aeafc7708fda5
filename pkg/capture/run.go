package capture

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/archive"
)

// run is one Run of a Capturer.
type run struct {
	client   rest.Interface
	selector string
	progress func(found, written int32)

	archive *archive.Writer
	content buffer
	// written counts the objects in the archive, bytes their content.
	written int32
	bytes   int64
	counts  []v1alpha1.ResourceCount

	warnings, errors v1alpha1.MessageList
	// transient reports whether one of the errors may pass by itself.
	transient bool
}

func (r *run) warn(format string, args ...any) { r.warnings.Add(fmt.Sprintf(format, args...)) }

func (r *run) fail(format string, args ...any) { r.errors.Add(fmt.Sprintf(format, args...)) }

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
		raw, err := call(ctx, func() ([]byte, error) {
			result := r.client.Get().AbsPath(append(namespaces.path(""), name)...).Do(ctx)
			if err := result.Error(); err != nil { // which Raw would not tell apart
				return nil, err
			}
			return result.Raw()
		})
		namespace := listed{resource: namespaces, raw: raw}
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
		case namespace.isDeleted():
			r.fail("namespace %s is being deleted: what it still holds is not what it was meant to hold", name)
		}
		content, err := namespace.content()
		if err != nil {
			return s, fmt.Errorf("reading namespace %s: %w", name, err)
		}
		s.names, s.items = append(s.names, name), append(s.items, newItem(namespaces, "", name, content))
	}
	return s, nil
}

// resource captures one resource from every namespace.
func (r *run) resource(ctx context.Context, resource resource, names []string) error {
	before := r.written
	for _, name := range names {
		c := &collection{run: r, resource: resource, namespace: name}
		list := list{client: r.client, resource: resource, namespace: name, selector: r.selector}
		err := list.pages(ctx, c)
		if ctx.Err() != nil || errors.Is(err, archive.ErrLimit) {
			return err
		}
		if err != nil {
			r.failBecause(err, "%s in namespace %s could not be listed: %v", resource.name(), name, err)
			continue
		}
		if err := c.archive(); err != nil {
			return err
		}
	}
	if count := r.written - before; count > 0 {
		r.counts = append(r.counts, v1alpha1.ResourceCount{Resource: resource.name(), Count: count})
	}
	return nil
}

// bound ends a list that could not be written: the archive holds every object twice.
func (r *run) bound(found int, size int64) error {
	if found > maxItems {
		return fmt.Errorf("%w: more than %d objects", archive.ErrLimit, maxItems)
	}
	if limit := archive.DefaultLimits.TotalBytes; 2*(r.bytes+size) > limit {
		return fmt.Errorf("%w: more than %d bytes before compression", archive.ErrLimit, limit)
	}
	return nil
}

// add writes an object into the archive.
func (r *run) add(item archive.Item) error {
	err := r.archive.Add(item)
	switch {
	case errors.Is(err, archive.ErrInvalidItem):
		r.fail("%s %s/%s was left out: %v", item.Resource, item.Namespace, item.Name, err)
		return nil
	case err != nil:
		return err
	}
	r.written++
	r.bytes += int64(len(item.Content))
	return nil
}
