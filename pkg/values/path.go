package values

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation"

	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// ownKeys is the domain of the labels and annotations that Seedbed itself writes.
const ownKeys = "seedbed.dev"

// checkPath returns the reason why no rule may set a field; empty if one may. The identity of an object, its owners and its status
// are not for rules, and neither are Seedbed's own labels.
func checkPath(path string) string {
	steps := manifest.PointerSteps(path)
	switch steps[0] {
	case "apiVersion", "kind", "status":
		return fmt.Sprintf("/%s cannot be set", steps[0])
	case "metadata":
		isEntry := len(steps) == 3 && (steps[1] == fieldLabels || steps[1] == fieldAnnotations)
		if !isEntry {
			return "of metadata only single labels and annotations can be set, as /metadata/labels/team"
		}
		return checkKey(steps[2])
	}
	if slices.Contains(steps, "") {
		return "a step of the path is empty"
	}
	return ""
}

// checkKey returns the reason why no rule may set a label or an annotation.
func checkKey(key string) string {
	if domain, _, hasDomain := strings.Cut(key, "/"); hasDomain && (domain == ownKeys || strings.HasSuffix(domain, "."+ownKeys)) {
		return fmt.Sprintf("labels and annotations of %s are Seedbed's own", ownKeys)
	}
	if errs := validation.IsQualifiedName(key); len(errs) > 0 {
		return "the key of a label or an annotation " + strings.TrimPrefix(errs[0], "name part ")
	}
	return ""
}

// isText reports whether a field takes text alone: labels, annotations, and the data of ConfigMaps and Secrets.
func isText(kind schema.GroupKind, path string) bool {
	return strings.HasPrefix(path, "/metadata/") || isEncoded(kind, path) ||
		kind == schema.GroupKind{Kind: "ConfigMap"} && isEntryOf(path, "data")
}

// isEncoded reports whether a field has text in base64: the data of a Secret.
func isEncoded(kind schema.GroupKind, path string) bool {
	return kind == schema.GroupKind{Kind: "Secret"} && isEntryOf(path, "data")
}

func isEntryOf(path, field string) bool {
	steps := manifest.PointerSteps(path)
	return len(steps) == 2 && steps[0] == field
}

// Field is a field of one object.
type Field struct {
	// Value is the present one; nil if there is none.
	Value any
	// set sets another.
	set func(value any)
}

// Set sets the field.
func (f *Field) Set(value any) { f.set(value) }

// findField returns the field of an object at a path. Its parent must be there; only labels and annotations get one.
func findField(content map[string]any, path string) (*Field, error) {
	steps := manifest.PointerSteps(path)
	if steps[0] == "metadata" {
		return findEntry(content, steps[1], steps[2]), nil
	}
	var parent any = content
	at := ""
	for _, step := range steps[:len(steps)-1] {
		field, err := findStep(parent, step, at)
		if err != nil {
			return nil, err
		}
		at += manifest.Pointer(step)
		if field.Value == nil {
			return nil, fmt.Errorf("the backup's object has no %s", at)
		}
		parent = field.Value
	}
	return findStep(parent, steps[len(steps)-1], at)
}

// mergedSteps returns the path of the field by which a value is merged. The name of a list's item identifies the item, so a rule that sets
// it changes the list.
func mergedSteps(content map[string]any, path string) []string {
	steps := manifest.PointerSteps(path)
	var container any = content
	for i, step := range steps {
		items, isList := container.([]any)
		if isList && i == len(steps)-2 && steps[i+1] == "name" && itemNames(items) != nil {
			return steps[:i]
		}
		field, err := findStep(container, step, "")
		if err != nil {
			return steps
		}
		container = field.Value
	}
	return steps
}

// findEntry returns a label or an annotation.
func findEntry(content map[string]any, field, key string) *Field {
	metadata, _ := content["metadata"].(map[string]any)
	entries, _ := metadata[field].(map[string]any)
	return &Field{Value: entries[key], set: func(value any) {
		metadata := childMap(content, "metadata")
		childMap(metadata, field)[key] = value
	}}
}

// childMap returns the map in a field, which it creates if there is none.
func childMap(parent map[string]any, field string) map[string]any {
	child, _ := parent[field].(map[string]any)
	if child == nil {
		child = map[string]any{}
		parent[field] = child
	}
	return child
}

// findSecretEntry returns an entry of a Secret's data, and whether it is plain text: the mapping of text moves an entry that it changes to
// stringData, which wins over data.
func findSecretEntry(content map[string]any, key string) (found *Field, isPlain bool) {
	if texts, _ := content["stringData"].(map[string]any); texts[key] != nil {
		return &Field{Value: texts[key], set: func(value any) { texts[key] = value }}, true
	}
	data, _ := content["data"].(map[string]any)
	return &Field{Value: data[key], set: func(value any) { childMap(content, "data")[key] = value }}, false
}

// findStep returns the field of a map, or the item of a list. Items that have names are found by them, because the number of an item
// changes with others.
func findStep(parent any, step, at string) (*Field, error) {
	switch parent := parent.(type) {
	case map[string]any:
		return &Field{Value: parent[step], set: func(value any) { parent[step] = value }}, nil
	case []any:
		i, err := findItem(parent, step)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", at, err)
		}
		return &Field{Value: parent[i], set: func(value any) { parent[i] = value }}, nil
	default:
		return nil, fmt.Errorf("%s is neither a map nor a list", at)
	}
}

func findItem(items []any, step string) (int, error) {
	names := itemNames(items)
	if names != nil {
		if i := slices.Index(names, step); i >= 0 {
			return i, nil
		}
		return 0, fmt.Errorf("no item has the name %q: the items are %s", step, strings.Join(names[:min(len(names), maxNamedItems)], ", "))
	}
	number, err := strconv.Atoi(step)
	if err != nil || number < 0 || number >= len(items) {
		return 0, fmt.Errorf("the list has %d items without names of their own: name one by its number, from 0", len(items))
	}
	return number, nil
}

// maxNamedItems bounds the names in an error.
const maxNamedItems = 8

// itemNames returns the names of a list's items; nil if one has none or two have the same.
func itemNames(items []any) []string {
	names := make([]string, 0, len(items))
	for _, item := range items {
		fields, _ := item.(map[string]any)
		name, isName := fields["name"].(string)
		if !isName || slices.Contains(names, name) {
			return nil
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil
	}
	return names
}
