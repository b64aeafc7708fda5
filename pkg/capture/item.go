package capture

import (
	"errors"
	"slices"

	"github.com/tidwall/gjson"
	corev1 "k8s.io/api/core/v1"

	"seedbed.dev/seedbed/pkg/archive"
	"seedbed.dev/seedbed/pkg/store"
)

// rawObject is an undecoded object as the API server sent it.
type rawObject struct {
	resource resource
	raw      []byte
}

// name returns metadata.name.
func (l rawObject) name() string { return l.stringAt("metadata.name") }

// isDeleted reports whether the object is being deleted.
func (l rawObject) isDeleted() bool {
	return gjson.GetBytes(l.raw, "metadata.deletionTimestamp").Type == gjson.String
}

// isStoredBackup reports whether the object is a Secret that holds a backup: a backup of Seedbed's own namespace
// would otherwise contain all others.
func (l rawObject) isStoredBackup() bool {
	return l.resource.Group == "" && l.resource.Resource == "secrets" && l.stringAt("type") == string(store.SecretType)
}

func (l rawObject) stringAt(path string) string {
	value := gjson.GetBytes(l.raw, path)
	if value.Type != gjson.String {
		return ""
	}
	return value.Str
}

var errNoObject = errors.New("an item of the list has no metadata")

// content returns the object as it is archived: as the API server sent it, because cleaning is left to the restore.
// Items in a list of a built-in kind lack the type, so it is added.
func (l rawObject) content() ([]byte, error) {
	if !gjson.GetBytes(l.raw, "metadata").IsObject() {
		return nil, errNoObject
	}
	if gjson.GetBytes(l.raw, "kind").Exists() {
		return l.raw, nil
	}
	head := `{"apiVersion":"` + l.resource.GroupVersion().String() + `","kind":"` + l.resource.kind + `",`
	return slices.Concat([]byte(head), l.raw[1:]), nil
}

// newItem returns the archive item of an object. An empty namespace means a cluster-scoped one.
func newItem(of resource, namespace, name string, content []byte) archive.Item {
	return archive.Item{Resource: of.name(), Version: of.Version, Namespace: namespace, Name: name, Content: content}
}

// namespaceResource is the resource of the source Namespaces, which are stored without being selected.
var namespaceResource = resource{GroupVersionResource: corev1.SchemeGroupVersion.WithResource("namespaces"), kind: "Namespace"}
