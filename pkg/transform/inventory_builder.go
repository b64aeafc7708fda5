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
	matcher   *hostMatcher
	hosts     sets.Set[string]
}

// NewInventoryBuilder returns a builder for the inventory of the namespace source.
func NewInventoryBuilder(source string) *InventoryBuilder {
	inventory := &Inventory{
		source: source, names: sets.New[reference](), owners: sets.New[string](), selected: sets.New[string](), tokens: sets.New[string](),
	}
	return &InventoryBuilder{inventory: inventory, matcher: newHostMatcher(source, nil, inventory), hosts: sets.New[string]()}
}

// Add adds an object. It needs the object before Clean removes its UID.
func (b *InventoryBuilder) Add(obj Object) {
	if b.inventory.addObject(obj) && egressNames(obj, b.inventory.source) {
		b.egress = true
	}
}

// ReadsSpec reports whether Add reads the spec of objects of that kind. Of others it reads apiVersion, kind, type and
// metadata.
func ReadsSpec(kind schema.GroupKind) bool { return kind == serviceKind || kind == networkPolicyKind }

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
	if b.egress {
		b.inventory.hosts = b.firstHosts()
	}
	return b.inventory
}

func (b *InventoryBuilder) firstHosts() []string {
	hosts := sets.List(b.hosts)
	return hosts[:min(len(hosts), maxSharedHosts)]
}
