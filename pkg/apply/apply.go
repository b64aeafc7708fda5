package apply

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/rest"

	"seedbed.dev/seedbed/pkg/internal/apierr"
	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// Applier writes objects into namespaces. It is safe for concurrent use.
type Applier struct {
	client     *client
	resolver   *Resolver
	comparison comparisonSlot
}

// New returns an Applier. The API server records its writes under the field manager.
func New(config *rest.Config, resolver *Resolver, fieldManager string) (*Applier, error) {
	client, err := newClient(config, fieldManager)
	if err != nil {
		return nil, err
	}
	return &Applier{client: client, resolver: resolver, comparison: make(comparisonSlot, 1)}, nil
}

// Apply writes one object into the target and returns the result. It retries transient errors for two seconds, and never writes
// outside the target namespace.
func (a *Applier) Apply(ctx context.Context, target Target, object manifest.Object) Change {
	change := a.applyOnce(ctx, target, object)
	if change.stale {
		change = a.applyOnce(ctx, target, object)
	}
	return change
}

// applyOnce writes one object at the path that discovery gave last.
func (a *Applier) applyOnce(ctx context.Context, target Target, object manifest.Object) Change {
	change := Change{Key: object.Key, Result: Failed}
	mapping, err := a.resolveKind(ctx, target, object)
	if err != nil {
		change.Err, change.Transient, change.Throttled = err, isTransient(err), apierr.IsThrottled(err)
		return change
	}
	change.resource = mapping.Resource
	w := &writing{
		Applier: a, target: target, object: object, change: &change,
		at:        place{resource: mapping.Resource, namespace: target.Namespace},
		converted: mapping.GroupVersionKind.Version != object.Kind.Version,
	}
	change.Err = retryUnless(ctx, target.NoRetry, func() error {
		err := w.tryOnce(ctx, mapping)
		change.Throttled = change.Throttled || apierr.IsThrottled(err)
		return err
	})
	if change.Err != nil {
		change.Result, change.Transient = Failed, isTransient(change.Err)
		change.Err = redactError(object.Kind.GroupKind(), change.Err)
		return change
	}
	if change.Result == Created || change.Result == Updated {
		change.warnIfConverted(object, mapping.GroupVersionKind.GroupVersion())
	}
	return change
}

// resolveKind returns the resource to write an object to. It retries discovery as often as a write.
func (a *Applier) resolveKind(ctx context.Context, target Target, object manifest.Object) (mapping *meta.RESTMapping, err error) {
	err = retryUnless(ctx, target.NoRetry, func() error {
		mapping, err = a.resolver.Resolve(object.Kind)
		return err
	})
	return mapping, err
}

// writing is the state of writing one object into one namespace.
type writing struct {
	*Applier
	target Target
	object manifest.Object
	change *Change
	at     place
	// converted reports that the object is written in another version than it was stored in.
	converted bool
}

func (w *writing) tryOnce(ctx context.Context, mapping *meta.RESTMapping) error {
	body := w.object.Body.Encode(mapping.GroupVersionKind.GroupVersion(), w.target.Namespace, w.target.Labels)
	if w.target.ReadFirst {
		if err := w.applyExisting(ctx, body); !errors.Is(err, errAbsent) {
			return classifyError(err)
		}
	}
	uid, err := w.client.create(ctx, w.at, body, w.converted)
	switch {
	case err == nil:
		w.change.Result = Created
		w.change.created = reference{name: w.object.Name, uid: uid}
		return nil
	case apierrors.IsAlreadyExists(err):
		return classifyError(w.applyExisting(ctx, body))
	case apierrors.IsForbidden(err) && !isQuotaNotCounted(err):
		// A used-up quota, or a policy, refuses before the API server checks whether the object exists.
		if existing := w.applyExisting(ctx, body); existing == nil {
			return nil
		}
	}
	err = classifyError(err)
	if isRoleNotFound(err) {
		return fmt.Errorf("%w: %w", errNoRole, err)
	}
	if apierrors.IsNotFound(err) && missingResource(err).Empty() { // nothing is named: the API server does not know the path
		w.resolver.Forget(w.object.Kind)
		w.change.stale = true
		return fmt.Errorf("%w: %w", ErrNotServed, err)
	}
	return err
}

// Undo deletes the objects that changes created in a namespace, by UID. It is needed if the namespace was deleted and created
// again under the same name while its objects were being written.
func (a *Applier) Undo(ctx context.Context, namespace string, changes []Change) error {
	var failed []error
	for _, change := range changes {
		if change.created.uid == "" {
			continue
		}
		at := place{resource: change.resource, namespace: namespace}
		err := retryTransient(ctx, func() error {
			err := a.client.deleteByUID(ctx, at, change.created.name, change.created.uid)
			if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
				return nil // deleted already, or another object of that name
			}
			return err
		})
		if err != nil {
			failed = append(failed, fmt.Errorf("taking back %s: %w", change.Key, err))
		}
	}
	return errors.Join(failed...)
}
