package transform

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Inventory is what a backup holds of the source namespace. It decides what "moved with it" means: a
// reference follows its object only when the object is here. It is read-only once made, and safe for use
// by several goroutines. A nil Inventory holds nothing.
type Inventory struct {
	source   string
	names    map[reference]struct{}
	owners   map[string]struct{}
	selected map[string]struct{}
	tokens   map[string]struct{}
	hosts    []string
}

// reference names an object by kind or by resource; group is anyGroup where the reference does not say.
type reference struct {
	group, kind, name string
}

// anyGroup is no valid group, so it cannot be confused with one.
const anyGroup = "*"

// anyKind is the kind of a reference by apiVersion and name alone.
const anyKind = "*"

// NewInventory reads the objects of the namespace source, before Clean has taken their UIDs away.
// Objects of other namespaces are not part of it.
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

// add says whether the object belongs to the source namespace.
func (inv *Inventory) add(obj Object) bool {
	meta := objectAt(obj.root(), "metadata")
	name := stringAt(meta, "name")
	if namespace := stringAt(meta, "namespace"); name == "" || namespace != "" && namespace != inv.source {
		return false
	}
	gk := obj.groupKind()
	inv.names[reference{gk.Group, gk.Kind, name}] = struct{}{}
	inv.names[reference{anyGroup, gk.Kind, name}] = struct{}{}
	inv.names[reference{gk.Group, anyKind, name}] = struct{}{}
	inv.names[reference{obj.Resource.Group, obj.Resource.Resource, name}] = struct{}{}
	if uid := stringAt(meta, "uid"); uid != "" {
		inv.owners[uid] = struct{}{}
	}
	switch gk {
	case serviceKind:
		if len(objectAt(objectAt(obj.root(), "spec"), "selector")) > 0 {
			inv.selected[name] = struct{}{}
		}
	case secretKind:
		if stringAt(obj.root(), "type") == typeServiceAccountToken {
			inv.tokens[name] = struct{}{}
		}
	}
	return true
}

// Has says whether the backup holds an object of that name, by kind ("Secret") or resource ("secrets").
func (inv *Inventory) Has(group, kind, name string) bool {
	if inv == nil {
		return false
	}
	_, found := inv.names[reference{group, kind, name}]
	return found
}

// HasService says whether the backup holds the Service, so that its DNS names moved with it.
func (inv *Inventory) HasService(name string) bool {
	return inv.Has("", "Service", name)
}

// hasOwner says whether an object with that UID is in the backup.
func (inv *Inventory) hasOwner(uid string) bool {
	if inv == nil || uid == "" {
		return false
	}
	_, found := inv.owners[uid]
	return found
}

// hasSelected says whether the backup holds that Service and it has a selector, so that the endpoints
// behind it are somebody else's to write.
func (inv *Inventory) hasSelected(service string) bool {
	if inv == nil {
		return false
	}
	_, found := inv.selected[service]
	return found
}

// hasToken says whether that Secret is a ServiceAccount token, which is not restored.
func (inv *Inventory) hasToken(secret string) bool {
	if inv == nil {
		return false
	}
	_, found := inv.tokens[secret]
	return found
}

// eachString visits every string value below value, in no order.
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

// Kinds that rules know by name.
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
