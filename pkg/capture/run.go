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
	"seedbed.dev/seedbed/pkg/internal/apierr"
)

// captureRun is the state of one Run of a Capturer.
type captureRun struct {
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
	// transient is true if one of the errors is transient.
	transient bool
}

func (r *captureRun) addWarning(format string, args ...any) {
	r.warnings.Add(fmt.Sprintf(format, args...))
}

func (r *captureRun) addError(format string, args ...any) { r.errors.Add(fmt.Sprintf(format, args...)) }

// captureAll captures the resources from the namespaces. Both must be sorted.
func (r *captureRun) captureAll(ctx context.Context, resources []resource, names []string) error {
	sources, err := r.readNamespaces(ctx, names)
	if err != nil {
		return err
	}
	place, _ := slices.BinarySearchFunc(resources, namespaceResource, func(a, b resource) int { return cmp.Compare(a.name(), b.name()) })
	for _, resource := range resources[:place] {
		if err := r.captureResource(ctx, resource, sources.names); err != nil {
			return err
		}
	}
	for _, item := range sources.items {
		if err := r.archive.Add(item); err != nil {
			return err
		}
	}
	for _, resource := range resources[place:] {
		if err := r.captureResource(ctx, resource, sources.names); err != nil {
			return err
		}
	}
	return r.archive.Close()
}

// sourceNamespaces are the namespaces that can be listed, and the Namespace objects that could be read.
type sourceNamespaces struct {
	names []string
	items []archive.Item
}

func (r *captureRun) readNamespaces(ctx context.Context, names []string) (s sourceNamespaces, err error) {
	for _, name := range names {
		raw, err := retryTransient(ctx, func() ([]byte, error) {
			result := r.client.Get().AbsPath(append(namespaceResource.path(""), name)...).Do(ctx)
			if err := result.Error(); err != nil { // only Error returns a typed error
				return nil, err
			}
			return result.Raw()
		})
		namespace := rawObject{resource: namespaceResource, raw: raw}
		switch {
		case ctx.Err() != nil:
			return s, err
		case apierrors.IsNotFound(err):
			r.addError("namespace %s does not exist", name)
			continue
		case err != nil:
			// Its objects may be readable nevertheless.
			r.addRequestError(err, "namespace %s itself could not be read: %v", name, err)
			s.names = append(s.names, name)
			continue
		case namespace.isDeleted():
			r.addError("namespace %s is being deleted: its remaining objects are incomplete", name)
		}
		content, err := namespace.content()
		if err != nil {
			return s, fmt.Errorf("reading namespace %s: %w", name, err)
		}
		s.names, s.items = append(s.names, name), append(s.items, newItem(namespaceResource, "", name, content))
	}
	return s, nil
}

// captureResource captures one resource from every namespace.
func (r *captureRun) captureResource(ctx context.Context, resource resource, names []string) error {
	before := r.written
	for _, name := range names {
		c := &collection{run: r, resource: resource, namespace: name}
		list := resourceList{client: r.client, resource: resource, namespace: name, selector: r.selector}
		err := list.readPages(ctx, c)
		if ctx.Err() != nil || errors.Is(err, archive.ErrLimit) {
			return err
		}
		if err != nil {
			r.addRequestError(err, "%s in namespace %s could not be listed: %v", resource.name(), name, err)
			continue
		}
		if err := c.writeArchive(); err != nil {
			return err
		}
	}
	if count := r.written - before; count > 0 {
		r.counts = append(r.counts, v1alpha1.ResourceCount{Resource: resource.name(), Count: count})
	}
	return nil
}

// checkLimits returns an error for a list that does not fit into the archive, which holds every object twice.
func (r *captureRun) checkLimits(found int, size int64) error {
	if found > maxItems {
		return fmt.Errorf("%w: more than %d objects", archive.ErrLimit, maxItems)
	}
	if limit := archive.DefaultLimits.TotalBytes; 2*(r.bytes+size) > limit {
		return fmt.Errorf("%w: more than %d bytes before compression", archive.ErrLimit, limit)
	}
	return nil
}

// addItem writes an object to the archive.
func (r *captureRun) addItem(item archive.Item) error {
	err := r.archive.Add(item)
	switch {
	case errors.Is(err, archive.ErrInvalidItem):
		r.addError("%s %s/%s was left out: %v", item.Resource, item.Namespace, item.Name, err)
		return nil
	case err != nil:
		return err
	}
	r.written++
	r.bytes += int64(len(item.Content))
	return nil
}

var (
	// errSelector means that a label selector does not parse.
	errSelector = errors.New("labelSelector does not parse")
	// errIncomplete means that a transient error kept objects out of a backup.
	errIncomplete = errors.New("not everything could be listed")
)

// IsAboutSelection reports whether the cause of an error is the backup's selection, so that it persists until that is
// changed. Every other error may be transient.
func IsAboutSelection(err error) bool {
	return errors.Is(err, archive.ErrLimit) || errors.Is(err, errSelector)
}

// isTransient reports whether a request may succeed a moment later. A response that was cut counts.
func isTransient(err error) bool { return errors.Is(err, errCut) || apierr.IsTransient(err) }

// addRequestError adds an error to the result and records whether it is transient. A list that expired after its
// restarts may be faster the next time.
func (r *captureRun) addRequestError(err error, format string, args ...any) {
	r.transient = r.transient || isTransient(err) || apierrors.IsResourceExpired(err) || apierrors.IsGone(err)
	r.addError(format, args...)
}

// incompleteError returns an error if the result lacks objects because of a transient error.
func (r *Result) incompleteError() error {
	if !r.Transient {
		return nil
	}
	return fmt.Errorf("%w: %s", errIncomplete, r.Errors[0])
}
