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
	client   *client
	resolver *Resolver
	large    turn
}

// New makes an Applier. Its writes are recorded under the field manager.
func New(config *rest.Config, resolver *Resolver, fieldManager string) (*Applier, error) {
	client, err := newClient(config, fieldManager)
	if err != nil {
		return nil, err
	}
	return &Applier{client: client, resolver: resolver, large: make(turn, 1)}, nil
}

// Apply writes one object into the target and says what became of it. It retries what may pass within
// two seconds, and never writes outside the target namespace.
func (a *Applier) Apply(ctx context.Context, target Target, object manifest.Object) Change {
	change := a.apply(ctx, target, object)
	if change.stale {
		change = a.apply(ctx, target, object)
	}
	return change
}

func (a *Applier) apply(ctx context.Context, target Target, object manifest.Object) Change {
	change := Change{Key: object.Key, Result: Failed}
	mapping, err := a.resolve(ctx, target, object)
	if err != nil {
		change.Err, change.MayPass, change.Busy = err, transient(err), apierr.IsThrottled(err)
		return change
	}
	change.resource = mapping.Resource
	w := &writing{
		Applier: a, target: target, object: object, change: &change,
		at:    place{resource: mapping.Resource, namespace: target.Namespace},
		moved: mapping.GroupVersionKind.Version != object.Kind.Version,
	}
	once := func() error {
		err := w.once(ctx, mapping)
		change.Busy = change.Busy || apierr.IsThrottled(err)
		return err
	}
	if target.Hurry {
		change.Err = once()
	} else {
		change.Err = retry(ctx, once)
	}
	if change.Err != nil {
		change.Result, change.MayPass = Failed, transient(change.Err)
		change.Err = discreet(object.Kind.GroupKind(), change.Err)
		return change
	}
	if change.Result == Created || change.Result == Updated {
		change.relabelled(object, mapping.GroupVersionKind.GroupVersion())
	}
	return change
}

// resolve finds where an object is written. Discovery is asked as patiently as a write is tried.
func (a *Applier) resolve(ctx context.Context, target Target, object manifest.Object) (mapping *meta.RESTMapping, err error) {
	once := func() error {
		mapping, err = a.resolver.Resolve(object.Kind)
		return err
	}
	if target.Hurry {
		err = once()
	} else {
		err = retry(ctx, once)
	}
	return mapping, err
}

// relabelled warns when an object is written in another version than it was stored in.
func (c *Change) relabelled(object manifest.Object, version schema.GroupVersion) {
	if stored := object.Kind.GroupVersion(); version != stored {
		c.warn("was stored as %s, which the cluster no longer serves; written as %s with strict checking of its fields", stored, version)
	}
}

func (c *Change) warn(format string, args ...any) {
	c.Warnings = append(c.Warnings, c.Key+": "+fmt.Sprintf(format, args...))
}

// writing is one object on its way into one namespace.
type writing struct {
	*Applier
	target Target
	object manifest.Object
	change *Change
	at     place
	// moved says that it is written in another version than it was stored in.
	moved bool
}

func (w *writing) once(ctx context.Context, mapping *meta.RESTMapping) error {
	body := w.object.Body.Encode(mapping.GroupVersionKind.GroupVersion(), w.target.Namespace, w.target.Labels)
	if w.target.LookFirst {
		if err := w.existing(ctx, body); !errors.Is(err, errAbsent) {
			return classify(err)
		}
	}
	uid, err := w.client.create(ctx, w.at, body, w.moved)
	switch {
	case err == nil:
		w.change.Result = Created
		w.change.created = reference{name: w.object.Name, uid: uid}
		return nil
	case apierrors.IsAlreadyExists(err):
		return classify(w.existing(ctx, body))
	case apierrors.IsForbidden(err) && !quotaNotCounted(err):
		// A quota that is used up, or a policy, refuses before the API server looks whether the object is there.
		if there := w.existing(ctx, body); there == nil {
			return nil
		}
	}
	err = classify(err)
	if roleNotFound(err) {
		return fmt.Errorf("%w: %w", errNoRole, err)
	}
	if apierrors.IsNotFound(err) && notFound(err).Empty() { // nothing is named: the API server does not know the path
		w.resolver.Forget(w.object.Kind)
		w.change.stale = true
		return fmt.Errorf("%w: %w", ErrNotServed, err)
	}
	return err
}
