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

// difference is one place where a copy is not like its source. Empty values are absent ones.
type difference struct {
	object, field string
	before, after any
}

func (d difference) String() string {
	return fmt.Sprintf("%s %s: %s, in the copy %s", d.object, d.field, show(d.before), show(d.after))
}

func show(value any) string {
	if value == nil {
		return "absent"
	}
	return fmt.Sprintf("%#v", value)
}

// differences compares the objects that two archives both hold, field by field. In the copy, every string that has the
// target's name in it is mapped back first.
func differences(before, after held, target string) []difference {
	var found []difference
	for _, object := range slices.Sorted(maps.Keys(before)) {
		if after[object] == nil {
			continue
		}
		first, second := flat(before[object]), flat(after[object])
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

// flat gives an object's values by their path. A Secret's data is decoded where it is text; null, empty lists
// and empty objects are values.
func flat(object map[string]any) map[string]any {
	into := map[string]any{}
	flatten(into, "", object)
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

func flatten(into map[string]any, path string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for key, child := range value {
			flatten(into, join(path, key), child)
		}
		if len(value) == 0 {
			into[path] = "{}"
		}
	case []any:
		for i, child := range value {
			flatten(into, path+"["+strconv.Itoa(i)+"]", child)
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

// join writes a path as warnings do.
func join(path, key string) string {
	if strings.ContainsAny(key, "./ ") || key == "" {
		return path + "[" + strconv.Quote(key) + "]"
	}
	return strings.TrimPrefix(path+"."+key, ".")
}
