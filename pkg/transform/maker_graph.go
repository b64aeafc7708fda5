package transform

import "k8s.io/apimachinery/pkg/util/sets"

// makerGraph has the objects of a backup that name makers. It finds those that no restored object would make, however long the chain
// to it.
type makerGraph struct {
	makers map[reference][]maker
	byUID  map[string]reference
}

// addObject adds an object of the source namespace.
func (g *makerGraph) addObject(obj Object, source string) {
	meta := objectAt(obj.root(), "metadata")
	gk := obj.groupKind()
	makers := makersOf(gk, meta, source)
	if len(makers) == 0 {
		return
	}
	if g.makers == nil {
		g.makers, g.byUID = map[reference][]maker{}, map[string]reference{}
	}
	ref := reference{gk.Group, gk.Kind, stringAt(meta, "name")}
	g.makers[ref] = makers
	if uid := stringAt(meta, "uid"); uid != "" {
		g.byUID[uid] = ref
	}
}

// findCyclic returns the objects whose makers are all waiting for them. It starts at the makers that are restored on their own and
// follows the chains down, so that its time is linear.
func (g *makerGraph) findCyclic(inv *Inventory) sets.Set[reference] {
	waiting := map[reference][]reference{} // by maker
	var queue []reference
	cyclic := sets.New[reference]()
	for ref, makers := range g.makers {
		free, held := true, false
		for _, maker := range makers {
			if _, makes := inv.findMaker(maker); !makes {
				continue
			}
			by, isMade := g.nodeOf(maker)
			if !isMade {
				held = true
				break
			}
			free = false
			waiting[by] = append(waiting[by], ref)
		}
		if held || free {
			queue = append(queue, ref)
			continue
		}
		cyclic.Insert(ref)
	}
	for len(queue) > 0 {
		ref := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		cyclic.Delete(ref)
		for _, made := range waiting[ref] {
			if cyclic.Has(made) {
				queue = append(queue, made)
			}
		}
		delete(waiting, ref)
	}
	return cyclic
}

// nodeOf returns the maker's own place in the graph; ok is false if it names no maker.
func (g *makerGraph) nodeOf(m maker) (ref reference, ok bool) {
	if m.owner {
		ref, ok = g.byUID[m.uid]
		return ref, ok
	}
	_, ok = g.makers[m.ref]
	return m.ref, ok
}
