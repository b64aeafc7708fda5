package restore

import (
	"k8s.io/apimachinery/pkg/util/sets"

	"seedbed.dev/seedbed/pkg/apply"
)

// keepLeftOut counts the objects as kept that the namespace holds and that spec.include leaves out of it now. Without prune they stay.
func (r *run) keepLeftOut() {
	if r.moving == nil || r.isPruning() || r.moving.pendingKeys() != nil { // the first attempt has counted them
		return
	}
	counted := sets.New[string]()
	for _, delta := range r.moving.deltas {
		for _, removal := range delta.Removed() {
			if removal.LeftOut == "" || counted.Has(removal.Key) {
				continue
			}
			counted.Insert(removal.Key)
			r.mu.Lock()
			r.total++
			r.changes = append(r.changes, apply.Change{Key: removal.Key, Result: apply.Kept, Reason: removal.LeftOut + ": it stays"})
			r.mu.Unlock()
		}
	}
}
