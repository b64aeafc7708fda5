package apply

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"seedbed.dev/seedbed/pkg/apply/merge"
)

// pathsOf returns the paths of fields that differ.
func pathsOf(differences []merge.Conflict) []merge.Path {
	var paths []merge.Path
	for _, difference := range differences {
		paths = append(paths, difference.Path)
	}
	return paths
}

// storedFields returns those of the fields whose value the API server would change, by its answer to a dry run. Others have the value
// that defaults or webhooks give them whatever is sent. It returns all if none of them changes, because then something else does.
func storedFields(fields []merge.Path, live, answer *unstructured.Unstructured) []merge.Path {
	stored := slices.DeleteFunc(slices.Clone(fields), func(path merge.Path) bool { return merge.EqualAt(path, live, answer) })
	if len(stored) == 0 {
		return fields
	}
	return stored
}
