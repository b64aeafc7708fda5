package plan

import (
	"slices"

	"seedbed.dev/seedbed/pkg/transform"
)

// Guarded reports whether every object that guards or feeds Pods is restored, given the pending keys: only workloads may be
// pending. Custom resources and the namespace's own metadata count as guards, because they may be.
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
