package transform

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// InventoryBuilder makes an Inventory of objects that come one at a time, so that nobody has to hold all of them: each is given to
// Add and then, where NeedsHosts asks for it, once more to AddHosts.
type InventoryBuilder struct {
	inventory *Inventory
	egress    bool
	matcher   *hostMatcher
	hosts     map[string]struct{}
}

// NewInventoryBuilder begins the inventory of a namespace.
func NewInventoryBuilder(source string) *InventoryBuilder {
	inventory := &Inventory{
		source:   source,
		names:    map[reference]struct{}{},
		owners:   map[string]struct{}{},
		selected: map[string]struct{}{},
		tokens:   map[string]struct{}{},
	}
	return &InventoryBuilder{inventory: inventory, matcher: newHostMatcher(source, nil, inventory), hosts: map[string]struct{}{}}
}

// Add adds an object, before Clean has taken its UID away.
func (b *InventoryBuilder) Add(obj Object) {
	if b.inventory.add(obj) && namesInEgress(obj, b.inventory.source) {
		b.egress = true
	}
}

// ReadsSpec reports whether Add reads the spec of objects of that kind. Of others it reads apiVersion, kind, type and metadata.
func ReadsSpec(kind schema.GroupKind) bool { return kind == serviceKind || kind == networkPolicyKind }

// NeedsHosts reports whether the inventory needs the DNS names in the objects. Only NetworkPolicies ask for them: an egress
// rule that moves shuts a Service out that stays.
func (b *InventoryBuilder) NeedsHosts() bool { return b.egress }

// maxSharedHosts bounds what an Inventory keeps of the DNS names that stay with the source.
const maxSharedHosts = 64

// AddHosts adds the DNS names in an object that stay behind because their Service does. Cluster domains are the mapping's, so
// the names are kept whole and judged there.
func (b *InventoryBuilder) AddHosts(obj Object) {
	eachString(obj.root(), func(s string) {
		for _, host := range b.matcher.strangers(s) {
			b.hosts[host] = struct{}{}
		}
	})
	if len(b.hosts) > maxSharedHosts {
		b.hosts = setOf(b.firstHosts())
	}
}

// Inventory ends the inventory.
func (b *InventoryBuilder) Inventory() *Inventory {
	if b.egress {
		b.inventory.hosts = b.firstHosts()
	}
	return b.inventory
}

func (b *InventoryBuilder) firstHosts() []string {
	hosts := slices.Sorted(maps.Keys(b.hosts))
	return hosts[:min(len(hosts), maxSharedHosts)]
}

func setOf(names []string) map[string]struct{} {
	set := make(map[string]struct{}, len(names))
	for _, name := range names {
		set[name] = struct{}{}
	}
	return set
}
