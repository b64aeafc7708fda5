package exact

import (
	"encoding/base64"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// difference is one place where a copy differs from its source. An empty value is an absent one.
type difference struct {
	object, field string
	before, after any
}

func (d difference) String() string {
	return fmt.Sprintf("%s %s: %s, in the copy %s", d.object, d.field, formatValue(d.before), formatValue(d.after))
}

func formatValue(value any) string {
	if value == nil {
		return "absent"
	}
	return fmt.Sprintf("%#v", value)
}

// diffObjects compares the objects that both archives hold, field by field. In the copy, it first maps every string with the
// target's name back.
func diffObjects(before, after archiveObjects, target string) []difference {
	var found []difference
	for _, object := range slices.Sorted(maps.Keys(before)) {
		if after[object] == nil {
			continue
		}
		first, second := flattenObject(before[object]), flattenObject(after[object])
		fields := maps.Clone(first)
		maps.Copy(fields, second)
		for _, field := range slices.Sorted(maps.Keys(fields)) {
			back := mapBack(second[field], target)
			if !reflect.DeepEqual(first[field], back) {
				found = append(found, difference{object, field, first[field], back})
			}
		}
	}
	return found
}

func mapBack(value any, target string) any {
	if text, ok := value.(string); ok {
		return strings.ReplaceAll(text, target, source)
	}
	return value
}

// flattenObject returns an object's values by their path. A Secret's data is decoded if it is text; null, empty lists
// and empty objects are values.
func flattenObject(object map[string]any) map[string]any {
	into := map[string]any{}
	flattenInto(into, "", object)
	if object["kind"] != "Secret" {
		return into
	}
	for field, value := range into {
		if text, ok := value.(string); ok && strings.HasPrefix(field, "data") {
			if raw, err := base64.StdEncoding.DecodeString(text); err == nil && utf8.Valid(raw) {
				into[field] = string(raw)
			}
		}
	}
	return into
}

func flattenInto(into map[string]any, path string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for key, child := range value {
			flattenInto(into, joinPath(path, key), child)
		}
		if len(value) == 0 {
			into[path] = "{}"
		}
	case []any:
		for i, child := range value {
			flattenInto(into, path+"["+strconv.Itoa(i)+"]", child)
		}
		if len(value) == 0 {
			into[path] = "[]"
		}
	case nil:
		into[path] = "null"
	default:
		into[path] = value
	}
}

// joinPath formats a path as warnings do.
func joinPath(path, key string) string {
	if strings.ContainsAny(key, "./ ") || key == "" {
		return path + "[" + strconv.Quote(key) + "]"
	}
	return strings.TrimPrefix(path+"."+key, ".")
}
