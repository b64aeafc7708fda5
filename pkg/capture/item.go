package capture

import (
	"errors"
	"slices"

	"github.com/tidwall/gjson"
	corev1 "k8s.io/api/core/v1"

	"seedbed.dev/seedbed/pkg/archive"
	"seedbed.dev/seedbed/pkg/store"
)

// listed is an object as the API server sent it, not decoded.
type listed struct {
	resource resource
	raw      []byte
}

// name returns metadata.name.
func (l listed) name() string { return l.text("metadata.name") }

// isDeleted reports whether the object is being deleted.
func (l listed) isDeleted() bool {
	return gjson.GetBytes(l.raw, "metadata.deletionTimestamp").Type == gjson.String
}

// isStored reports whether the object is a Secret that holds a backup: in a backup of Seedbed's own namespace these would hand
// out all the others.
func (l listed) isStored() bool {
	return l.resource.Group == "" && l.resource.Resource == "secrets" && l.text("type") == string(store.SecretType)
}

func (l listed) text(path string) string {
	value := gjson.GetBytes(l.raw, path)
	if value.Type != gjson.String {
		return ""
	}
	return value.Str
}

var errNoObject = errors.New("an item of the list has no metadata")

// content returns the object as it is archived: as the API server sent it, since cleaning is the restore's work. Items of a
// list of a built-in kind lack the type, which the list has.
func (l listed) content() ([]byte, error) {
	if !gjson.GetBytes(l.raw, "metadata").IsObject() {
		return nil, errNoObject
	}
	if gjson.GetBytes(l.raw, "kind").Exists() {
		return l.raw, nil
	}
	head := `{"apiVersion":"` + l.resource.GroupVersion().String() + `","kind":"` + l.resource.kind + `",`
	return slices.Concat([]byte(head), l.raw[1:]), nil
}

// newItem returns an archive's item of an object in a namespace; of a cluster-scoped one where that is empty.
func newItem(of resource, namespace, name string, content []byte) archive.Item {
	return archive.Item{Resource: of.name(), Version: of.Version, Namespace: namespace, Name: name, Content: content}
}

// namespaces are stored without being selected.
var namespaces = resource{GroupVersionResource: corev1.SchemeGroupVersion.WithResource("namespaces"), kind: "Namespace"}
