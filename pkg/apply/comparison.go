package apply

import (
	"context"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"seedbed.dev/seedbed/pkg/apply/merge"
	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// comparison holds a live object, the one to write, and those of earlier revisions.
type comparison struct {
	// normalized is the live object without the fields that the rules never write.
	live, normalized *unstructured.Unstructured
	// desired is the object to write, without the restore's labels.
	desired *unstructured.Unstructured
	// bases are the objects of earlier revisions.
	bases []*unstructured.Unstructured
	// manager is Seedbed's field manager.
	manager string
	entries []metav1.ManagedFieldsEntry
	// isOwned reports that Seedbed alone has written the values of the object, apart from its subresources. Fields may be removed.
	isOwned bool
	// isSole reports that it is owned, and that no field was removed.
	isSole bool
	// unknown are the fields whose earlier values are not known, and that another manager may have written.
	unknown []merge.Conflict
	// conflicts are the fields that another writer has changed and that the update would change.
	conflicts []merge.Conflict
}

func (u *updating) newComparison(ctx context.Context, live, desired *unstructured.Unstructured) (*comparison, error) {
	c := &comparison{
		live: live, normalized: live.DeepCopy(), desired: desired, manager: u.client.fieldManager, entries: live.GetManagedFields(),
	}
	u.target.Rules.Normalize(c.normalized)
	var objects []manifest.Object
	if u.earlier.Objects != nil {
		objects = u.earlier.Objects(ctx)
	}
	for _, object := range objects {
		base, err := decodeBody(object.Body.Encode(u.version, u.target.Namespace, manifest.Labels{}))
		if err != nil {
			return nil, err
		}
		c.bases = append(c.bases, base)
	}
	c.rebase(u.earlier.Unknown)
	c.isOwned = isSoleManager(c.entries, c.manager)
	c.isSole = c.isOwned && !merge.Lacks(c.normalized, c.bases)
	keepScale(live, append(c.bases, desired)...)
	return c, nil
}

// keepScale sets the replicas of objects to those of a live one that were written through the subresource scale. Otherwise each
// update would fight with the autoscaler.
func keepScale(live *unstructured.Unstructured, objects ...*unstructured.Unstructured) {
	if !isScaled(live.GetManagedFields()) {
		return
	}
	replicas, found, _ := unstructured.NestedFieldNoCopy(live.Object, "spec", "replicas")
	for _, object := range objects {
		spec, isObject := object.Object["spec"].(map[string]any)
		switch {
		case !isObject:
		case found:
			spec["replicas"] = replicas
		default:
			delete(spec, "replicas")
		}
	}
}

// isUntouched reports whether the live object has exactly the content that an earlier revision wrote.
func (u *updating) isUntouched(c *comparison) bool {
	for _, base := range c.bases {
		if merge.Matches(c.normalized, base, u.labels().Values()) {
			return true
		}
	}
	return false
}

// maxReasons bounds the fields that a reason names.
const maxReasons = 3

// reason returns a clause with the fields that were changed and their managers.
func (c *comparison) reason() string {
	if len(c.bases) == 0 {
		return "was changed " + byManagers(otherManagers(c.entries, c.manager)) + ", and the earlier content is gone"
	}
	return describeConflicts(c.entries, c.manager, c.conflicts)
}

// describeConflicts returns a clause with the fields that another manager than this one has changed.
func describeConflicts(entries []metav1.ManagedFieldsEntry, manager string, conflicts []merge.Conflict) string {
	var clauses []string
	for i, conflict := range conflicts {
		if i == maxReasons {
			clauses = append(clauses, fmt.Sprintf("and %d more", len(conflicts)-i))
			break
		}
		clause := conflict.Path.String() + " was removed" // by an unknown manager: a field that is gone has none
		if !conflict.Removed {
			clause = conflict.Path.String() + " was changed " + byManagers(managersOf(entries, conflict.Path, manager))
		}
		clauses = append(clauses, clause)
	}
	return strings.Join(clauses, ", ")
}

func byManagers(managers []string) string {
	if len(managers) == 0 {
		return "by an unknown manager"
	}
	return "by " + strings.Join(managers, " and ")
}
