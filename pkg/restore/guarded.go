package restore

import (
	"slices"

	"seedbed.dev/seedbed/pkg/transform"
)

// Guarded reports whether everything that guards or feeds Pods is there, given the keys that are still to be done: nothing
// but workloads is. Custom resources and the namespace's own metadata count as guards, since they may be.
func (p *Plan) Guarded(pending []string) bool {
	if len(pending) == 0 {
		return true
	}
	workloads := map[string]bool{}
	for _, stage := range p.stages {
		for _, object := range stage {
			if transform.StageOf(object.Kind.GroupKind()) == transform.StageWorkloads {
				workloads[object.Key] = true
			}
		}
	}
	return !slices.ContainsFunc(pending, func(key string) bool { return !workloads[key] })
}
