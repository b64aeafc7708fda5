package manifest

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/json"
)

// Equal reports whether two bodies write the same content into every namespace, whatever their placeholders were. Equal bodies
// have the same bytes, unless a placeholder was sorted differently among the keys of an object: then the content is compared.
func (b Body) Equal(other Body) bool {
	if b.labels == other.labels && b.prefix == other.prefix && b.suffix == other.suffix &&
		slices.EqualFunc(b.parts, other.parts, bytes.Equal) {
		return true
	}
	content, otherContent, err := decodeBoth(b, other, newPlaceholder())
	return err == nil && reflect.DeepEqual(content, otherContent)
}

// newPlaceholder returns the name of a namespace that no content contains, because it is random.
func newPlaceholder() string { return strings.ToLower(rand.Text()) }

// decodeBoth returns the content of two bodies for one namespace, without labels of a restore and without a version.
func decodeBoth(from, to Body, namespace string) (oldContent, newContent map[string]any, err error) {
	if oldContent, err = from.decode(namespace); err != nil {
		return nil, nil, err
	}
	newContent, err = to.decode(namespace)
	return oldContent, newContent, err
}

// decode returns the content of a body. Integers beyond 2^53 stay exact, as in the API server.
func (b Body) decode(namespace string) (map[string]any, error) {
	content := map[string]any{}
	if err := json.Unmarshal(b.Encode(schema.GroupVersion{}, namespace, Labels{}), &content); err != nil {
		return nil, fmt.Errorf("decoding: %w", err)
	}
	return content, nil
}
