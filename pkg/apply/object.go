package apply

import (
	"bytes"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Object is one object ready to be written into any namespace.
type Object struct {
	// Kind as the backup holds it; the version that is written is the one that the cluster serves.
	Kind schema.GroupVersionKind
	// Key names it in results: "services/web", "deployments.apps/web".
	Key  string
	Name string
	Body Body
}

// Body is an object's JSON without apiVersion, cut where the target namespace's name goes. Where mapping
// leaves an object alone it is one piece, and namespaces share its bytes.
type Body struct{ parts [][]byte }

// NewBody encodes an object's content. Each occurrence of placeholder in it becomes the target's name;
// the placeholder must be a string that nothing else contains.
func NewBody(content map[string]any, placeholder string) (Body, error) {
	rest := make(map[string]any, len(content))
	for key, value := range content {
		if key != "apiVersion" {
			rest[key] = value
		}
	}
	encoded, err := json.Marshal(rest)
	if err != nil {
		return Body{}, fmt.Errorf("encoding: %w", err)
	}
	return Body{parts: bytes.Split(encoded, []byte(placeholder))}, nil
}

// Shared says whether every namespace gets the same bytes.
func (b Body) Shared() bool { return len(b.parts) == 1 }

// Size in bytes, as kept in memory.
func (b Body) Size() int64 {
	var size int64
	for _, part := range b.parts {
		size += int64(cap(part))
	}
	return size
}

// For is the JSON to send for a target namespace in a version that the cluster serves.
func (b Body) For(version schema.GroupVersion, namespace string) []byte {
	head := `{"apiVersion":"` + version.String() + `",`
	size := len(head) + len(namespace)*(len(b.parts)-1)
	for _, part := range b.parts {
		size += len(part)
	}
	out := append(make([]byte, 0, size), head...)
	for i, part := range b.parts {
		if i == 0 {
			part = part[1:] // the opening brace, which head has
		} else {
			out = append(out, namespace...)
		}
		out = append(out, part...)
	}
	return out
}
