package transform

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/sets"
)

// InventoryBuilder builds an Inventory from objects that arrive one at a time, so that they never have to be in
// memory together. Each is passed to Add and, if NeedsHosts reports true after that, once more to AddHosts.
type InventoryBuilder struct {
	inventory *Inventory
	egress    bool
	makers    makerGraph
	matcher   *hostMatcher
	hosts     sets.Set[string]
}

// NewInventoryBuilder returns a builder for the inventory of the namespace source.
func NewInventoryBuilder(source string) *InventoryBuilder {
	inventory := &Inventory{
		source: source, names: sets.New[reference](), left: sets.New[reference](), owners: map[string]bool{}, idle: sets.New[reference](),
		selected: sets.New[string](), tokens: sets.New[string](),
	}
	return &InventoryBuilder{inventory: inventory, matcher: newHostMatcher(source, nil, inventory), hosts: sets.New[string]()}
}

// Add adds an object. It needs the object before Clean removes its UID.
func (b *InventoryBuilder) Add(obj Object) {
	if !b.inventory.addObject(obj) {
		return
	}
	b.makers.addObject(obj, b.inventory.source)
	if egressNames(obj, b.inventory.source) {
		b.egress = true
	}
}

// ReadsField reports whether Add reads that field of objects of that kind. Of every object it reads apiVersion, kind, type and metadata.
func ReadsField(kind schema.GroupKind, field string) bool {
	switch field {
	case "apiVersion", "kind", "type", "metadata":
		return true
	case "spec":
		switch kind {
		case serviceKind, networkPolicyKind, sealedSecretKind, helmReleaseKind, kustomizationKind:
			return true
		}
	case "status":
		return kind == podKind || kind == jobKind
	}
	return false
}

// NeedsHosts reports whether the inventory needs the DNS names in the objects. Only NetworkPolicies need them: an
// egress rule that moves blocks a Service that stays.
func (b *InventoryBuilder) NeedsHosts() bool { return b.egress }

// maxSharedHosts bounds the DNS names that an Inventory keeps.
const maxSharedHosts = 64

// AddHosts adds the DNS names in an object that may belong to Services outside the backup. The cluster domains are
// known only to Map, so the names are kept whole.
func (b *InventoryBuilder) AddHosts(obj Object) {
	eachString(obj.root(), func(s string) {
		b.hosts.Insert(b.matcher.unresolvedNames(s)...)
	})
	if len(b.hosts) > maxSharedHosts {
		b.hosts = sets.New(b.firstHosts()...)
	}
}

// Inventory returns the inventory. Nothing may be added after it.
func (b *InventoryBuilder) Inventory() *Inventory {
	b.inventory.cyclic = b.makers.findCyclic(b.inventory)
	if b.egress {
		b.inventory.hosts = b.firstHosts()
	}
	return b.inventory
}

func (b *InventoryBuilder) firstHosts() []string {
	hosts := sets.List(b.hosts)
	return hosts[:min(len(hosts), maxSharedHosts)]
}
