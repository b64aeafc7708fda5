package restore

import (
	"slices"

	"seedbed.dev/seedbed/pkg/transform"
)

// Guarded says whether everything that guards or feeds Pods is there, given the keys that are still to be done: nothing
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

// Stamps is what admission stamps on the Pods of a namespace that got this plan. An object of the tenant's that was kept
// instead of the plan's stamps what it likes: kept says of which keys that is so.
func (p *Plan) Stamps(kept func(key string) bool) Stamps {
	var all Stamps
	for key, stamps := range p.stamps {
		if !kept(key) {
			all = all.Union(stamps)
		}
	}
	return all
}
