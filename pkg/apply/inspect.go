package apply

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"seedbed.dev/seedbed/pkg/apply/merge"
	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// Inspect compares a live object with the one that a baseline wrote. Values that defaults or webhooks gave it while Seedbed wrote it
// do not differ: no other manager has written them. Where the managers are no witness, the API server is asked by dry runs how it would
// store the object now.
func (a *Applier) Inspect(ctx context.Context, target Target, object manifest.Object, inspection Inspection) Drift {
	drift := Drift{Key: object.Key}
	dry := &Applier{client: a.client.dryRun(), resolver: a.resolver, comparison: a.comparison}
	change := dry.write(ctx, target, object, func(w *writing) attempt {
		return (&inspecting{updating: &updating{writing: w}, Inspection: inspection, drift: &drift}).tryInspect
	})
	if change.Err != nil {
		drift = Drift{Key: object.Key, Err: change.Err}
	}
	drift.Version = change.Version()
	return drift
}

// inspecting is the state of comparing one object in one namespace.
type inspecting struct {
	*updating
	Inspection
	drift *Drift
	// same is the result for an object that does not differ.
	same Drift
}

func (i *inspecting) tryInspect(ctx context.Context) error {
	i.same = Drift{Key: i.object.Key}
	*i.drift = i.same
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
	case merge.EqualAfterWrite(answer, live) && !i.isHeld(live):
		*i.drift = i.same
	default:
		i.drift.Fields = storedFields(i.drift.Fields, live, answer)
	}
	return nil
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
	i.same.Read = Reading{
		ResourceVersion: live.GetResourceVersion(), Fields: HashFields(live.GetManagedFields(), i.client.fieldManager), Content: HashContent(raw, i.target.Namespace),
	}
	*i.drift = i.same
	if live.GetDeletionTimestamp() != nil && !i.Exact { // the next audit finds it gone
		return live, nil, nil
	}
	written, err = i.compareLive(live)
	if err == nil && i.drift.State == DriftChanged && !i.believesManagers(live) && i.object.Kind.GroupKind() != serviceAccount {
		written, err = i.compareAnew(ctx, live, written)
	}
	return live, written, err
}

// compareLive compares a live object with the plan's one, and returns the object to write over it.
func (i *inspecting) compareLive(live *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	desired, err := decodeBody(i.object.Body.Encode(i.version, i.target.Namespace, manifest.Labels{}))
	if err != nil {
		return nil, err
	}
	return i.compareWith(live, desired), nil
}

// compareAnew compares a live object that differs from the plan's one with the one that the API server would store for it now. It
// returns the object to write over it: written if the API server refuses to create another one.
func (i *inspecting) compareAnew(ctx context.Context, live, written *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	stored, err := i.client.dryRunCreateAnew(ctx, i.at, i.body())
	if err != nil {
		return written, ignoreRefusal(err)
	}
	i.target.Rules.Normalize(stored)
	return i.compareWith(live, stored), nil
}

// compareWith compares a live object with a desired one, and returns the object to write over it.
func (i *inspecting) compareWith(live, desired *unstructured.Unstructured) *unstructured.Unstructured {
	*i.drift = i.same
	keepScale(live, desired)
	written, differences := i.correct(live, desired)
	i.drift.Fields = pathsOf(differences)
	if disowned := i.disowned(live); disowned != "" && i.object.Kind.GroupKind() != serviceAccount {
		i.drift.State, i.drift.Reason = DriftDisowned, disowned
		return written
	}
	switch {
	case len(differences) > 0:
		i.setChanged(live, differences)
	case i.isHeld(live):
		i.drift.State, i.drift.Reason = DriftChanged, describeHold(live)
	}
	return written
}

// isHeld reports whether something keeps an object that is being deleted.
func (i *inspecting) isHeld(live *unstructured.Unstructured) bool {
	deleted := live.GetDeletionTimestamp()
	return i.Exact && deleted != nil && deleted.Time.Before(i.DeletedBefore)
}

// describeHold returns a clause that names the finalizers of an object.
func describeHold(live *unstructured.Unstructured) string {
	return "is being deleted, and held by the finalizers " + strings.Join(live.GetFinalizers(), ", ")
}

// correct returns live with the values of the baseline's object, and the fields that differ.
func (i *inspecting) correct(live, desired *unstructured.Unstructured) (*unstructured.Unstructured, []merge.Conflict) {
	if i.object.Kind.GroupKind() == serviceAccount {
		merged := merge.ServiceAccount(live, desired, i.labels().Values(), true)
		var differences []merge.Conflict
		for _, path := range merge.Changes(live, merged) {
			differences = append(differences, merge.Conflict{Path: path})
		}
		return merged, differences
	}
	normalized := live.DeepCopy()
	i.target.Rules.Normalize(normalized)
	isOwn := i.newWitness(live)
	written, differences := merge.Correct(live, normalized, desired, merge.Correction{Exact: i.Exact, Keep: func(path merge.Path, removed bool) bool {
		return i.isIgnored(path) || isOwn(path, removed)
	}})
	return written, append(differences, i.removeForeign(written)...)
}

func (i *inspecting) isIgnored(path merge.Path) bool { return i.Ignored != nil && i.Ignored(path) }

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
