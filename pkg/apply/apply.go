package apply

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
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
	return a.write(ctx, target, object, func(w *writing) attempt { return w.tryOnce })
}

// attempt tries once to write an object.
type attempt func(context.Context) error

// write writes one object with the attempts that begin returns.
func (a *Applier) write(ctx context.Context, target Target, object manifest.Object, begin func(*writing) attempt) Change {
	change := a.writeOnce(ctx, target, object, begin)
	if change.stale {
		change = a.writeOnce(ctx, target, object, begin)
	}
	return change
}

// writeOnce writes one object at the path that discovery gave last.
func (a *Applier) writeOnce(ctx context.Context, target Target, object manifest.Object, begin func(*writing) attempt) Change {
	change := Change{Key: object.Key, Result: Failed}
	mapping, err := a.resolveKind(ctx, target, object)
	if err != nil {
		change.Err, change.Transient, change.Throttled = err, isTransient(err), apierr.IsThrottled(err)
		return change
	}
	change.resource = mapping.Resource
	w := &writing{
		Applier: a, target: target, object: object, change: &change, version: mapping.GroupVersionKind.GroupVersion(),
		at:        place{resource: mapping.Resource, namespace: target.Namespace},
		converted: mapping.GroupVersionKind.Version != object.Kind.Version,
	}
	try := begin(w)
	change.Err = retryUnless(ctx, target.NoRetry, func() error {
		err := try(ctx)
		change.Throttled = change.Throttled || apierr.IsThrottled(err)
		return err
	})
	if change.Err != nil {
		change.Result, change.Reason, change.Transient = Failed, "", isTransient(change.Err)
		change.Err = redactError(object.Kind.GroupKind(), change.Err)
		return change
	}
	if change.Result == Created || change.Result == Updated {
		change.warnIfConverted(object, w.version)
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
	// version is the version that the object is written in.
	version schema.GroupVersion
	// converted reports that the object is written in another version than it was stored in.
	converted bool
	// explain has the changed paths of an update recorded.
	explain bool
}

// body returns the object to write.
func (w *writing) body() []byte {
	return w.object.Body.Encode(w.version, w.target.Namespace, w.labels())
}

func (w *writing) tryOnce(ctx context.Context) error {
	body := w.body()
	if w.target.ReadFirst {
		if err := w.applyExisting(ctx, body); !errors.Is(err, errAbsent) {
			return classifyError(err)
		}
	}
	err := w.create(ctx, body)
	switch {
	case err == nil:
		return nil
	case apierrors.IsAlreadyExists(err):
		return classifyError(w.applyExisting(ctx, body))
	case apierrors.IsForbidden(err) && !isQuotaNotCounted(err):
		// A used-up quota, or a policy, refuses before the API server checks whether the object exists.
		if existing := w.applyExisting(ctx, body); existing == nil {
			return nil
		}
	}
	return w.classifyRefusal(err)
}

// create creates the object.
func (w *writing) create(ctx context.Context, body []byte) error {
	uid, err := w.client.create(ctx, w.at, body, w.converted)
	if err != nil {
		return err
	}
	w.change.Result = Created
	w.change.created = reference{name: w.object.Name, uid: uid}
	return nil
}

// classifyRefusal returns the error of a request that was refused, and notices that discovery is out of date.
func (w *writing) classifyRefusal(err error) error {
	err = classifyError(err)
	if isRoleNotFound(err) {
		return fmt.Errorf("%w: %w", errNoRole, err)
	}
	if isUnknownPath(err) {
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
