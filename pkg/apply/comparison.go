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

// comparison is a live object beside the versions of it that Seedbed wrote and is to write.
type comparison struct {
	// normalized is the live object without the fields that the rules never write.
	live, normalized *unstructured.Unstructured
	// desired is the object to write, without the restore's labels.
	desired *unstructured.Unstructured
	// bases are what earlier revisions wrote.
	bases []*unstructured.Unstructured
	// manager is Seedbed's field manager.
	manager string
	entries []metav1.ManagedFieldsEntry
	// isSole reports that nobody but Seedbed has written the object, apart from its subresources.
	isSole bool
	// conflicts are the fields that somebody else has changed and that the update would change.
	conflicts []merge.Path
}

func (u *updating) newComparison(ctx context.Context, live, desired *unstructured.Unstructured) (*comparison, error) {
	c := &comparison{
		live: live, normalized: live.DeepCopy(), desired: desired, manager: u.client.fieldManager, entries: live.GetManagedFields(),
	}
	c.isSole = isSoleManager(c.entries, c.manager)
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
	keepScale(live, append(c.bases, desired)...)
	return c, nil
}

// keepScale gives objects the replicas of a live one if they were set through the subresource scale. An autoscaler, or somebody with
// kubectl scale, would lose them otherwise.
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
		if merge.Matches(c.normalized, base, u.target.Labels.Values()) {
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
	var clauses []string
	for i, path := range c.conflicts {
		if i == maxReasons {
			clauses = append(clauses, fmt.Sprintf("and %d more", len(c.conflicts)-i))
			break
		}
		clauses = append(clauses, path.String()+" was changed "+byManagers(managersOf(c.entries, path, c.manager)))
	}
	return strings.Join(clauses, ", ")
}

func byManagers(managers []string) string {
	if len(managers) == 0 {
		return "by an unknown manager"
	}
	return "by " + strings.Join(managers, " and ")
}
