package transform

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/sets"
)

// Inventory lists the objects that a backup holds of the source namespace, and which of them a target gets. It decides which references
// move: those whose object is restored, or made again by a maker that is. It is read-only once built, and safe for concurrent use. A nil
// Inventory holds nothing.
type Inventory struct {
	source string
	// names are the objects that a target gets, left those that it does not.
	names, left sets.Set[reference]
	// owners has each object by UID, with whether it makes its objects in the target.
	owners map[string]bool
	// idle are the objects that are restored and make nothing in the target.
	idle sets.Set[reference]
	// cyclic are the objects that only each other would make.
	cyclic   sets.Set[reference]
	selected sets.Set[string]
	tokens   sets.Set[string]
	hosts    []string
}

// reference names an object by kind or by resource. The group is anyGroup if the reference does not name one.
type reference struct {
	group, kind, name string
}

// anyGroup is no valid group, so it cannot collide with one.
const anyGroup = "*"

// anyKind is the kind of a reference that has only an apiVersion and a name.
const anyKind = "*"

// NewInventory returns the inventory of the namespace source. It needs the objects before Clean removes their UIDs,
// and ignores those of other namespaces.
func NewInventory(source string, objects []Object) *Inventory {
	builder := NewInventoryBuilder(source)
	for _, obj := range objects {
		builder.Add(obj)
	}
	if builder.NeedsHosts() {
		for _, obj := range objects {
			builder.AddHosts(obj)
		}
	}
	return builder.Inventory()
}

// addObject adds an object and reports whether it belongs to the source namespace.
func (inv *Inventory) addObject(obj Object) bool {
	meta := objectAt(obj.root(), "metadata")
	name := stringAt(meta, "name")
	if namespace := stringAt(meta, "namespace"); name == "" || namespace != "" && namespace != inv.source {
		return false
	}
	gk := obj.groupKind()
	names := inv.names
	reason, _ := newCleaner(obj, inv).firstSkip(leaveRules)
	if reason != "" {
		names = inv.left
	}
	names.Insert(
		reference{gk.Group, gk.Kind, name},
		reference{anyGroup, gk.Kind, name},
		reference{gk.Group, anyKind, name},
		reference{obj.Resource.Group, obj.Resource.Resource, name},
	)
	elsewhere := makesElsewhere(obj, inv.source)
	if elsewhere {
		inv.idle.Insert(reference{gk.Group, gk.Kind, name})
	}
	if uid := stringAt(meta, "uid"); uid != "" {
		inv.owners[uid] = reason == "" && !elsewhere
	}
	switch gk {
	case serviceKind:
		if len(objectAt(objectAt(obj.root(), "spec"), "selector")) > 0 {
			inv.selected.Insert(name)
		}
	case secretKind:
		if stringAt(obj.root(), "type") == typeServiceAccountToken {
			inv.tokens.Insert(name)
		}
	}
	return true
}

// Has reports whether a target gets an object of that name, by kind ("Secret") or resource ("secrets"): it is restored, or made again.
func (inv *Inventory) Has(group, kind, name string) bool {
	return inv != nil && inv.names.Has(reference{group, kind, name})
}

// isLeft reports whether the backup holds an object that a target does not get.
func (inv *Inventory) isLeft(ref reference) bool {
	return inv != nil && inv.left.Has(ref)
}

// HasService reports whether the backup holds the Service, so that its DNS names move.
func (inv *Inventory) HasService(name string) bool {
	return inv.Has("", "Service", name)
}

// sourceName returns the source namespace.
func (inv *Inventory) sourceName() string {
	if inv == nil {
		return ""
	}
	return inv.source
}

// findMaker reports whether a maker is in the backup, and whether it makes its objects in the target.
func (inv *Inventory) findMaker(m maker) (found, makes bool) {
	switch {
	case inv == nil:
		return false, false
	case m.owner:
		makes, found = inv.owners[m.uid]
		return found, makes
	case inv.names.Has(m.ref):
		return true, !inv.idle.Has(m.ref)
	}
	return inv.left.Has(m.ref), false
}

// isCyclic reports whether only objects that the object itself makes would make it.
func (inv *Inventory) isCyclic(gk schema.GroupKind, meta map[string]any) bool {
	return inv != nil && len(inv.cyclic) > 0 && inv.cyclic.Has(reference{gk.Group, gk.Kind, stringAt(meta, "name")})
}

// hasSelected reports whether the backup holds that Service and it has a selector, so that a controller writes its
// endpoints.
func (inv *Inventory) hasSelected(service string) bool {
	return inv != nil && inv.selected.Has(service)
}

// hasToken reports whether that Secret is a ServiceAccount token, which is not restored.
func (inv *Inventory) hasToken(secret string) bool {
	return inv != nil && inv.tokens.Has(secret)
}

// eachString calls visit for every string value below value, in no order.
func eachString(value any, visit func(string)) {
	switch value := value.(type) {
	case string:
		visit(value)
	case map[string]any:
		for _, child := range value {
			eachString(child, visit)
		}
	case []any:
		for _, child := range value {
			eachString(child, visit)
		}
	}
}

// Kinds that rules refer to.
var (
	configMapKind      = schema.GroupKind{Kind: "ConfigMap"}
	endpointsKind      = schema.GroupKind{Kind: "Endpoints"}
	podKind            = schema.GroupKind{Kind: "Pod"}
	pvcKind            = schema.GroupKind{Kind: "PersistentVolumeClaim"}
	secretKind         = schema.GroupKind{Kind: "Secret"}
	serviceKind        = schema.GroupKind{Kind: "Service"}
	serviceAccountKind = schema.GroupKind{Kind: "ServiceAccount"}
	deploymentKind     = schema.GroupKind{Group: "apps", Kind: "Deployment"}
	replicaSetKind     = schema.GroupKind{Group: "apps", Kind: "ReplicaSet"}
	jobKind            = schema.GroupKind{Group: "batch", Kind: "Job"}
	cronJobKind        = schema.GroupKind{Group: "batch", Kind: "CronJob"}
	endpointSliceKind  = schema.GroupKind{Group: "discovery.k8s.io", Kind: "EndpointSlice"}
	ingressKind        = schema.GroupKind{Group: "networking.k8s.io", Kind: "Ingress"}
	networkPolicyKind  = schema.GroupKind{Group: "networking.k8s.io", Kind: "NetworkPolicy"}
	roleKind           = schema.GroupKind{Group: "rbac.authorization.k8s.io", Kind: "Role"}
	roleBindingKind    = schema.GroupKind{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"}
)
