package apply

import (
	"context"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// merge adds to a ServiceAccount that is already there. imagePullSecrets is one atomic list to a
// server-side apply, which would drop what others put there, so it is read and conditionally replaced.
func (w *writing) merge(ctx context.Context, live, desired *unstructured.Unstructured) error {
	merged := live.DeepCopy()
	for _, field := range []string{"imagePullSecrets", "secrets"} {
		addNamed(merged, desired, field)
	}
	if automount, found := desired.Object["automountServiceAccountToken"]; found {
		merged.Object["automountServiceAccountToken"] = automount
	}
	// Our marks alone are no reason to write: a plain "default" ServiceAccount is as it should be.
	ours, wanted := w.target.Labels.Values(), without(desired.GetLabels(), w.target.Labels.Values())
	if w.target.Update {
		merged.SetLabels(joined(live.GetLabels(), wanted))
		merged.SetAnnotations(joined(live.GetAnnotations(), desired.GetAnnotations()))
	} else {
		merged.SetLabels(joined(wanted, live.GetLabels()))
		merged.SetAnnotations(joined(desired.GetAnnotations(), live.GetAnnotations()))
	}
	if equality.Semantic.DeepEqual(merged.Object, live.Object) {
		w.change.Result = Unchanged
		return nil
	}
	merged.SetLabels(joined(merged.GetLabels(), ours))
	if err := w.client.replace(ctx, w.at, w.object.Name, merged, w.moved); err != nil {
		return err
	}
	w.change.Result = Updated
	return nil
}

// without has the entries of the first whose keys the second lacks.
func without(first, second map[string]string) map[string]string {
	out := map[string]string{}
	for key, value := range first {
		if _, found := second[key]; !found {
			out[key] = value
		}
	}
	return out
}

// addNamed adds the entries of a list of {name} objects that the target does not have yet.
func addNamed(into, from *unstructured.Unstructured, field string) {
	have, _ := into.Object[field].([]any)
	add, _ := from.Object[field].([]any)
	names := map[any]bool{}
	for _, entry := range have {
		names[nameOf(entry)] = true
	}
	for _, entry := range add {
		if name := nameOf(entry); !names[name] {
			names[name] = true
			have = append(have, entry)
		}
	}
	if len(have) > 0 {
		into.Object[field] = have
	}
}

func nameOf(entry any) any {
	fields, _ := entry.(map[string]any)
	name, _ := fields["name"].(string)
	return name
}
