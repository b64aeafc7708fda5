package apply

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// Trace is what the metadata of a live object tells about its writers.
type Trace struct {
	// Untouched reports that only Seedbed has written the object, that it has the owner's label, and that it has no finalizer, no
	// owner and no deletion under way.
	Untouched bool
	// Fields identifies the fields that Seedbed has written and that nobody removed since. It says nothing of their values.
	Fields string
}

// Traces returns the traces of the objects of this kind and name in all namespaces, by namespace. It lists their metadata, never
// their content. label and owner are those of the objects that the owner's restores write.
func (a *Applier) Traces(ctx context.Context, object manifest.Object, label, owner string) (map[string]Trace, error) {
	mapping, err := a.resolver.Resolve(object.Kind)
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", object.Key, err)
	}
	traces := map[string]Trace{}
	for next := ""; ; {
		following, err := a.readPage(ctx, mapping.Resource, ListQuery{name: object.Name, limit: listLimit}, next, func(live *metav1.PartialObjectMetadata, _ []byte) {
			traces[live.Namespace] = newTrace(live, a.client.fieldManager, label, owner)
		})
		if err != nil {
			return nil, fmt.Errorf("listing %s in all namespaces: %w", object.Key, classifyError(err))
		}
		if next = following; next == "" {
			return traces, nil
		}
	}
}

// HashFields returns the hash of the fields that a manager has written and that nobody removed since. A removal shows in no other way:
// a field that is gone has no manager.
func HashFields(entries []metav1.ManagedFieldsEntry, manager string) (hash Fingerprint) {
	written := sha256.New()
	for _, entry := range entries {
		if entry.Manager == manager && entry.Subresource == "" && entry.FieldsV1 != nil {
			_, _ = written.Write(entry.FieldsV1.GetRawBytes()) // a hash takes everything
		}
	}
	written.Sum(hash[:0])
	return hash
}

func newTrace(live *metav1.PartialObjectMetadata, manager, label, owner string) Trace {
	fields := HashFields(live.ManagedFields, manager)
	return Trace{
		Untouched: live.DeletionTimestamp == nil && live.Labels[label] == owner && len(live.Finalizers)+len(live.OwnerReferences) == 0 &&
			isSoleManager(live.ManagedFields, manager),
		Fields: hex.EncodeToString(fields[:]),
	}
}
