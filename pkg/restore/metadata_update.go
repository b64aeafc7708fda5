package restore

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// updateMetadata changes the labels and annotations that earlier revisions copied and the new one has otherwise. It returns nil if
// nothing differs.
func (r *run) updateMetadata(ctx context.Context) *apply.Change {
	if r.moving.isOfValuesAlone(r.task, r.plan) {
		return nil
	}
	if pending := r.moving.pendingKeys(); pending != nil && !slices.Contains(pending, metadataKey(r.task.Namespace)) {
		return nil
	}
	change, operations := r.metadataChange()
	if err := r.patchMetadata(ctx, operations); err != nil {
		change.Result, change.Err = apply.Failed, fmt.Errorf("updating labels and annotations: %w", err)
	}
	return change
}

// metadataChange returns the change of the namespace's labels and annotations, and the operations that make it; nil if nothing
// differs. Like an object, a value that the tenant changed is kept, unless the baseline is Required.
func (r *run) metadataChange() (*apply.Change, []manifest.Operation) {
	update := r.decideMetadata()
	change := &apply.Change{Key: metadataKey(r.task.Namespace), Result: apply.Updated, Reason: strings.Join(update.changed, ", ")}
	switch {
	case len(update.kept) > 0:
		change.Result, change.Reason = apply.Kept, "changed here: "+strings.Join(update.kept[:min(len(update.kept), maxKeptNames)], ", ")
	case len(update.changed) == 0:
		return nil, nil
	}
	return change, update.operations
}

// maxKeptNames bounds the labels and annotations that a reason names.
const maxKeptNames = 3

// metadataUpdate is the change of a namespace's labels and annotations.
type metadataUpdate struct {
	operations []manifest.Operation
	// changed and kept are the names of labels and annotations that are changed and that are left alone.
	changed, kept []string
}

// decideMetadata returns the change of the namespace's labels and annotations, sorted.
func (r *run) decideMetadata() metadataUpdate {
	update, patterns := metadataUpdate{}, r.task.Metadata
	if patterns == nil {
		return update
	}
	var labels, annotations []map[string]string
	for _, held := range r.moving.held {
		labels, annotations = append(labels, held.Labels(patterns.Labels)), append(annotations, held.Annotations(patterns.Annotations))
	}
	namespace := r.task.Namespace
	if len(labels) > 0 && r.moving.unwritten.Has(metadataKey(namespace)) { // an entry that was never copied is absent, not removed
		labels, annotations = append(labels, nil), append(annotations, nil)
	}
	update.addField("labels", namespace.Labels, r.plan.Labels(patterns.Labels), labels, r.task.Required)
	update.addField("annotations", namespace.Annotations, r.plan.Annotations(patterns.Annotations), annotations, r.task.Required)
	return update
}

// addField adds the changes of the labels or of the annotations. live are those of the namespace, wanted those of the new
// revision, and earlier those of earlier ones.
func (u *metadataUpdate) addField(field string, live, wanted map[string]string, earlier []map[string]string, required bool) {
	names := sets.New[string]()
	for _, values := range append([]map[string]string{wanted}, earlier...) {
		names.Insert(slices.Collect(maps.Keys(values))...)
	}
	var operations []manifest.Operation
	for _, name := range sets.List(names) {
		e := entryChange{have: lookupEntry(live, name), want: lookupEntry(wanted, name)}
		for _, values := range earlier {
			e.earlier = append(e.earlier, lookupEntry(values, name))
		}
		path := "metadata." + field + "[" + name + "]"
		switch {
		case e.isWritten(required):
			u.changed = append(u.changed, path)
			operations = append(operations, replaceEntry("/metadata/"+field+manifest.Pointer(name), e.have, e.want, required)...)
		case e.isKept():
			u.kept = append(u.kept, path)
		}
	}
	if root := "/metadata/" + field; live == nil && len(operations) > 0 { // the cache may be late: the map must not replace another
		u.operations = append(u.operations, manifest.TestOperation(root, nil), manifest.AddOperation(root, struct{}{}))
	}
	u.operations = append(u.operations, operations...)
}

// entryChange has the versions of a label or an annotation.
type entryChange struct {
	have, want entry
	earlier    []entry
}

// isWritten reports whether the new value is written: an earlier revision wrote the present one, or the baseline is Required. If the
// earlier content is gone, only an absent entry is.
func (e *entryChange) isWritten(required bool) bool {
	switch {
	case e.have == e.want:
		return false
	case required && e.want.set:
		return true
	case len(e.earlier) == 0:
		return !e.have.set
	default:
		return e.isChanged() && slices.Contains(e.earlier, e.have)
	}
}

// isKept reports whether the tenant's value is left alone although the revisions differ.
func (e *entryChange) isKept() bool { return e.have != e.want && e.isChanged() }

// isChanged reports whether the new revision differs from an earlier one.
func (e *entryChange) isChanged() bool {
	return len(e.earlier) == 0 || slices.ContainsFunc(e.earlier, func(old entry) bool { return old != e.want })
}

// entry is a label or an annotation; the zero value is an absent one.
type entry struct {
	value string
	set   bool
}

func lookupEntry(values map[string]string, name string) entry {
	value, set := values[name]
	return entry{value, set}
}

// replaceEntry returns the operations that replace an entry. Unless the baseline is Required, the first one tests the present value;
// an absent one is null.
func replaceEntry(path string, have, want entry, required bool) []manifest.Operation {
	var operations []manifest.Operation
	switch {
	case required:
	case have.set:
		operations = append(operations, manifest.TestOperation(path, have.value))
	default:
		operations = append(operations, manifest.TestOperation(path, nil))
	}
	if !want.set {
		return append(operations, manifest.RemoveOperation(path))
	}
	return append(operations, manifest.AddOperation(path, want.value))
}

// patchMetadata applies operations to the namespace of that UID; nothing if there are none.
func (r *run) patchMetadata(ctx context.Context, operations []manifest.Operation) error {
	if len(operations) == 0 {
		return nil
	}
	namespace := r.task.Namespace
	encoded, err := json.Marshal(append([]manifest.Operation{manifest.TestOperation("/metadata/uid", namespace.UID)}, operations...))
	if err != nil {
		return fmt.Errorf("encoding: %w", err)
	}
	patched := &corev1.Namespace{}
	patched.Name = namespace.Name
	err = r.Client.Patch(ctx, patched, client.RawPatch(types.JSONPatchType, encoded), client.FieldOwner(v1alpha1.FieldManager))
	if apierrors.IsInvalid(err) {
		return fmt.Errorf("another client changed them: %w", err)
	}
	return err
}
