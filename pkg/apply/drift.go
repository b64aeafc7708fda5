package apply

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"seedbed.dev/seedbed/pkg/apply/merge"
	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// DriftState is how an object differs from the one that a baseline wrote.
type DriftState string

// Values of DriftState.
const (
	// NoDrift objects do not differ.
	NoDrift DriftState = ""
	// DriftMissing objects were deleted.
	DriftMissing DriftState = "Missing"
	// DriftChanged objects were changed.
	DriftChanged DriftState = "Changed"
	// DriftDisowned objects lack the owner label, or have that of another owner.
	DriftDisowned DriftState = "Disowned"
)

// Drift is the result of Inspect for one object.
type Drift struct {
	Key   string
	State DriftState
	// Reason has the fields that differ and their managers, in one clause without values. It is empty for a missing object.
	Reason string
	// Managers are those of the fields that differ, in one text; empty if they are unknown or the object is missing.
	Managers string
	// Err is set if the object could not be compared.
	Err error
}

// Inspection is how an object is compared with the one that a baseline wrote.
type Inspection struct {
	// Exact counts also fields that the baseline's object lacks.
	Exact bool
	// WrittenBefore is the latest time at which Seedbed can have written the object by itself. Of an object that its manager wrote
	// later, another client has used its name: then the values decide, and not the managers. The zero time turns that off.
	WrittenBefore time.Time
	// Ignored reports whether a field may differ; it may be nil.
	Ignored func(path merge.Path) bool
}

// Inspect compares a live object with the one that a baseline wrote. A field differs if its value does and another manager wrote it
// or removed it: values that defaults or webhooks gave it while Seedbed wrote it are Seedbed's own. If the API server, asked by a dry
// run, would not store the baseline's values, nothing differs either.
func (a *Applier) Inspect(ctx context.Context, target Target, object manifest.Object, inspection Inspection) Drift {
	drift := Drift{Key: object.Key}
	dry := &Applier{client: a.client.dryRun(), resolver: a.resolver, comparison: a.comparison}
	change := dry.write(ctx, target, object, func(w *writing) attempt {
		return (&inspecting{updating: &updating{writing: w}, Inspection: inspection, drift: &drift}).tryInspect
	})
	if change.Err != nil {
		drift = Drift{Key: object.Key, Err: change.Err}
	}
	return drift
}

// Correct puts a live object back to the one that a baseline wrote, as far as Inspect finds that it differs. Its Change is Created
// for an object that was missing, Updated for one that differed, and Unchanged for one that does not differ any more. An object
// without the owner label is kept, unless the target replaces what a tenant has in its place.
func (a *Applier) Correct(ctx context.Context, target Target, object manifest.Object, inspection Inspection) Change {
	return a.write(ctx, target, object, func(w *writing) attempt {
		return (&inspecting{updating: &updating{writing: w}, Inspection: inspection, drift: &Drift{}}).tryCorrect
	})
}

// inspecting is the state of comparing one object in one namespace.
type inspecting struct {
	*updating
	Inspection
	drift *Drift
}

func (i *inspecting) tryInspect(ctx context.Context) error {
	*i.drift = Drift{Key: i.object.Key}
	live, written, err := i.compare(ctx)
	switch {
	case errors.Is(err, errAbsent):
		i.drift.State = DriftMissing
		return nil
	case err != nil:
		return i.classifyRefusal(err)
	case i.drift.State != DriftChanged:
		return nil
	}
	answer, err := i.client.dryRunReplace(ctx, i.at, i.object.Name, written)
	switch {
	case i.isAbsent(err):
		*i.drift = Drift{Key: i.object.Key, State: DriftMissing}
	case err != nil:
		return ignoreRefusal(err)
	case merge.EqualAfterWrite(answer, live):
		*i.drift = Drift{Key: i.object.Key}
	}
	return nil
}

func (i *inspecting) tryCorrect(ctx context.Context) error {
	live, written, err := i.compare(ctx)
	switch {
	case errors.Is(err, errAbsent):
		err := i.create(ctx, i.body())
		if apierrors.IsAlreadyExists(err) {
			return errBeingDeleted // another client created it meanwhile
		}
		return i.classifyRefusal(err)
	case err != nil:
		return i.classifyRefusal(err)
	case i.drift.State == NoDrift:
		i.change.Result = Unchanged
		return nil
	case i.drift.State == DriftDisowned && !i.target.Replace:
		i.change.keep(i.drift.Reason)
		return nil
	}
	if owner := i.otherOwner(live); owner != "" {
		i.change.keep(i.drift.Reason)
		i.change.Owner = owner
		return nil
	}
	merge.AddLabels(written, i.target.Labels.Values())
	err = i.client.replace(ctx, i.at, i.object.Name, written, i.converted)
	if err != nil {
		err = i.recreateIfImmutable(ctx, live, i.body(), err)
	}
	if err == nil {
		i.change.Result = Updated
	}
	return err
}

// compare returns the live object and the one to write over it, and sets the drift. It returns errAbsent if there is none.
func (i *inspecting) compare(ctx context.Context) (live, written *unstructured.Unstructured, err error) {
	raw, err := i.client.get(ctx, i.at, i.object.Name)
	if i.isAbsent(err) {
		return nil, nil, errAbsent
	}
	if err != nil {
		return nil, nil, err
	}
	defer i.comparison.acquireFor(ctx, len(raw)+int(i.object.Body.Size()))()
	if live, err = i.decodeLive(raw); err != nil {
		return nil, nil, err
	}
	desired, err := decodeBody(i.object.Body.Encode(i.version, i.target.Namespace, manifest.Labels{}))
	if err != nil {
		return nil, nil, err
	}
	if live.GetDeletionTimestamp() != nil { // the next audit finds it gone
		return live, nil, nil
	}
	keepScale(live, desired)
	written, differences := i.correct(live, desired)
	if disowned := i.disowned(live); disowned != "" && i.object.Kind.GroupKind() != serviceAccount {
		i.drift.State, i.drift.Reason = DriftDisowned, disowned
		return live, written, nil
	}
	if len(differences) > 0 {
		i.setChanged(live, differences)
	}
	return live, written, nil
}

// correct returns live with the values of the baseline's object, and the fields that differ.
func (i *inspecting) correct(live, desired *unstructured.Unstructured) (*unstructured.Unstructured, []merge.Conflict) {
	if i.object.Kind.GroupKind() == serviceAccount {
		merged := merge.ServiceAccount(live, desired, i.target.Labels.Values(), true)
		var differences []merge.Conflict
		for _, path := range merge.Changes(live, merged) {
			differences = append(differences, merge.Conflict{Path: path})
		}
		return merged, differences
	}
	normalized := live.DeepCopy()
	i.target.Rules.Normalize(normalized)
	entries := live.GetManagedFields()
	isForged := !isManagedBefore(entries, i.client.fieldManager, i.WrittenBefore)
	return merge.Correct(live, normalized, desired, merge.Correction{Exact: i.Exact, Keep: func(path merge.Path, removed bool) bool {
		if i.Ignored != nil && i.Ignored(path) {
			return true
		}
		return !isForged && !removed && len(managersOf(entries, path, i.client.fieldManager)) == 0
	}})
}

// IsSoleWriter reports whether a manager is the only writer of an object, apart from its subresources, and wrote it before a time. The
// zero time is later than all.
func IsSoleWriter(entries []metav1.ManagedFieldsEntry, manager string, before time.Time) bool {
	return isSoleManager(entries, manager) && isManagedBefore(entries, manager, before)
}

// isManagedBefore reports whether a manager is among those of an object, and wrote it before a time. Otherwise the managers prove
// nothing: there are none, or another client has used its name.
func isManagedBefore(entries []metav1.ManagedFieldsEntry, manager string, before time.Time) bool {
	isManager := false
	for _, entry := range entries {
		if entry.Manager != manager || entry.Subresource != "" {
			continue
		}
		isManager = true
		if entry.Time == nil || !before.IsZero() && entry.Time.After(before) {
			return false
		}
	}
	return isManager
}

func (i *inspecting) setChanged(live *unstructured.Unstructured, differences []merge.Conflict) {
	var managers []string
	entries := live.GetManagedFields()
	for _, difference := range differences {
		if !difference.Removed {
			managers = append(managers, managersOf(entries, difference.Path, i.client.fieldManager)...)
		}
	}
	slices.Sort(managers)
	i.drift.State, i.drift.Reason = DriftChanged, describeConflicts(entries, i.client.fieldManager, differences)
	i.drift.Managers = strings.Join(slices.Compact(managers), " and ")
}
