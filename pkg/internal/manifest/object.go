package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash"
	"maps"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Object is one object, ready to be written into any namespace.
type Object struct {
	// Kind has the version that the backup holds. The object is written in a version that the cluster serves.
	Kind schema.GroupVersionKind
	// Key names the object in results: "services/web", "deployments.apps/web".
	Key  string
	Name string
	Body Body
}

// Body is an object's JSON without apiVersion, cut at the places of the target namespace's name and of the restore's labels.
// All namespaces, and all baselines of a backup, share its bytes.
type Body struct {
	// parts are in order. The labels go before parts[labels], the namespace's name between all others.
	parts  [][]byte
	labels int
	// prefix and suffix join the labels to those that the object has itself.
	prefix, suffix string
}

// NewBody encodes an object's content. Each occurrence of placeholder in it becomes the target's name, so nothing else may
// contain that string. The body does not depend on the placeholder, unless a key contains it.
func NewBody(content map[string]any, placeholder string) (Body, error) {
	mark := placeholder + "/labels"
	encoded, err := json.Marshal(withLabel(content, labelsKey, mark))
	if err != nil {
		return Body{}, fmt.Errorf("encoding: %w", err)
	}
	before, after, _ := bytes.Cut(encoded, []byte(NewLabels(map[string]string{labelsKey: mark}).encoded))
	body := Body{}
	if rest, found := bytes.CutPrefix(after, comma); found {
		after, body.suffix = rest, ","
	} else if rest, found := bytes.CutSuffix(before, comma); found {
		before, body.prefix = rest, ","
	}
	body.parts = bytes.Split(before, []byte(placeholder))
	body.labels = len(body.parts)
	body.parts = append(body.parts, bytes.Split(after, []byte(placeholder))...)
	return body, nil
}

// labelsKey marks the place of a restore's labels among those of an object. It is no valid key of a label. It must stay the same in
// every version of Seedbed, because the place counts in digests.
const labelsKey = "seedbed-2/"

var comma = []byte(",")

// withLabel returns a copy of an object's content without apiVersion and with one more label.
func withLabel(content map[string]any, key, value string) map[string]any {
	out := make(map[string]any, len(content))
	for field, value := range content {
		if field != "apiVersion" {
			out[field] = value
		}
	}
	own, _ := content["metadata"].(map[string]any)
	metadata := make(map[string]any, len(own)+1)
	maps.Copy(metadata, own)
	ownLabels, _ := own["labels"].(map[string]any)
	labels := make(map[string]any, len(ownLabels)+1)
	maps.Copy(labels, ownLabels)
	labels[key] = value
	metadata["labels"], out["metadata"] = labels, metadata
	return out
}

// Shared reports whether all namespaces get the same bytes, except for the labels.
func (b Body) Shared() bool { return len(b.parts) == 2 }

// Hash adds the body to a hash, without the labels of a restore and whatever the target namespace's name is.
func (b Body) Hash(to hash.Hash) {
	to.Write(fmt.Appendf(nil, "%d,%d;", len(b.parts), b.labels))
	for _, part := range b.parts {
		to.Write(fmt.Appendf(nil, "%d:", len(part)))
		to.Write(part)
	}
}

// Size returns the bytes that the body takes in memory.
func (b Body) Size() int64 {
	var size int64
	for _, part := range b.parts {
		size += int64(cap(part))
	}
	return size
}

// Encode returns the JSON to send to a target namespace, in a version that the cluster serves and with labels that the object
// itself lacks. It allocates once.
func (b Body) Encode(version schema.GroupVersion, namespace string, labels Labels) []byte {
	const head, slash, tail = `{"apiVersion":"`, "/", `",`
	size := len(head) + len(version.Group) + len(slash) + len(version.Version) + len(tail) +
		len(namespace)*len(b.parts) + len(b.prefix) + len(labels.encoded) + len(b.suffix)
	for _, part := range b.parts {
		size += len(part)
	}
	out := append(make([]byte, 0, size), head...)
	if version.Group != "" {
		out = append(append(out, version.Group...), slash...)
	}
	out = append(append(out, version.Version...), tail...)
	for i, part := range b.parts {
		switch {
		case i == 0:
			part = part[1:] // the opening brace, which head has
		case i != b.labels:
			out = append(out, namespace...)
		case labels.encoded != "":
			out = append(append(append(out, b.prefix...), labels.encoded...), b.suffix...)
		}
		out = append(out, part...)
	}
	return out
}
