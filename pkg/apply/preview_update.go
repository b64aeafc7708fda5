package apply

import (
	"context"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apply/merge"
	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// PreviewUpdate returns the result that Update would have for one object, and changes nothing: it reads the live object, and every
// write is a dry run. The reason of an update has the paths that it would change.
func (a *Applier) PreviewUpdate(ctx context.Context, target Target, object manifest.Object, earlier Earlier) Change {
	dry := &Applier{client: a.client.dryRun(), resolver: a.resolver, comparison: a.comparison}
	change := dry.write(ctx, target, object, func(w *writing) attempt {
		w.explain = true
		return (&updating{writing: w, earlier: earlier}).tryUpdate
	})
	change.created, change.awaits = reference{}, awaitedKey(object, target, change.Err)
	return change
}

// explainUpdate records the paths that differ between a live object and the one to write over it, if that was asked for.
func (w *writing) explainUpdate(live, written *unstructured.Unstructured) {
	if w.explain {
		w.change.Reason = changesReason(w.object.Kind.GroupKind(), merge.Changes(live, written))
	}
}

// maxChanges bounds the paths in the reason of an update.
const maxChanges = 16

// changesReason returns a clause with the paths that an update changes.
func changesReason(kind schema.GroupKind, paths []merge.Path) string {
	var texts []string
	for _, path := range paths {
		texts = append(texts, path.String())
	}
	reason := strings.Join(texts[:min(len(texts), maxChanges)], ", ")
	if len(texts) > maxChanges {
		reason += " and more"
	}
	if rollsOut[kind] && slices.ContainsFunc(texts, changesTemplate) {
		reason += RestartsPods
	}
	return reason
}

// RestartsPods ends the reason of an update that makes the object's controller replace its Pods.
const RestartsPods = "; restarts pods"

// rollsOut are the kinds whose controllers replace their Pods when the template changes.
var rollsOut = map[schema.GroupKind]bool{
	{Group: appsv1.GroupName, Kind: "Deployment"}:  true,
	{Group: appsv1.GroupName, Kind: "StatefulSet"}: true,
	{Group: appsv1.GroupName, Kind: "DaemonSet"}:   true,
}

func changesTemplate(path string) bool {
	return path == "spec.template" || strings.HasPrefix(path, "spec.template.")
}
