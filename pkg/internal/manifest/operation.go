package manifest

import "strings"

// Operation is one operation of a JSON Patch (RFC 6902).
type Operation struct {
	Op   string `json:"op"`
	Path string `json:"path"`
	// Value is nil for null, and omitted if it points to nothing.
	Value *any `json:"value,omitempty"`
}

// TestOperation returns the operation that refuses the patch unless a field has a value. Null passes if there is no field.
func TestOperation(path string, value any) Operation {
	return Operation{Op: "test", Path: path, Value: &value}
}

// AddOperation returns the operation that sets a field, whether or not it exists.
func AddOperation(path string, value any) Operation {
	return Operation{Op: "add", Path: path, Value: &value}
}

// RemoveOperation returns the operation that removes a field, which must exist.
func RemoveOperation(path string) Operation { return Operation{Op: "remove", Path: path} }

// Pointer returns one step of a JSON Pointer (RFC 6901).
func Pointer(key string) string { return "/" + pointerEscaper.Replace(key) }

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

// PointerSteps returns the steps of a JSON Pointer, without their escapes.
func PointerSteps(pointer string) []string {
	steps := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, step := range steps {
		steps[i] = pointerUnescaper.Replace(step)
	}
	return steps
}

var pointerUnescaper = strings.NewReplacer("~1", "/", "~0", "~")
