package values

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

const (
	// MaxResultBytes bounds the JSON of one value.
	MaxResultBytes = 4 << 10
	// MaxNamespaceBytes bounds the JSON of all values of one baseline in one namespace.
	MaxNamespaceBytes = 16 << 10
)

// toJSON returns a result as a JSON value. Integers stay exact.
func toJSON(result ref.Val) (any, error) {
	switch result := result.(type) {
	case *types.Optional:
		if !result.HasValue() {
			return nil, errors.New("has no value: end it with orValue(…)")
		}
		return toJSON(result.GetValue())
	case traits.Mapper:
		return mapToJSON(result)
	case types.String:
		return string(result), nil
	case types.Bytes:
		return base64.StdEncoding.EncodeToString(result), nil
	case traits.Lister:
		return listToJSON(result)
	default:
		return scalarToJSON(result)
	}
}

func scalarToJSON(result ref.Val) (any, error) {
	switch result := result.(type) {
	case types.Bool:
		return bool(result), nil
	case types.Int:
		return int64(result), nil
	case types.Uint:
		return uint64(result), nil
	case types.Double:
		if math.IsNaN(float64(result)) || math.IsInf(float64(result), 0) {
			return nil, errors.New("gives a number that JSON does not have")
		}
		return float64(result), nil
	case types.Duration, types.Timestamp:
		return toJSON(result.ConvertToType(types.StringType))
	case types.Null:
		return nil, errors.New("gives null")
	default:
		return nil, fmt.Errorf("gives %s, which is no JSON value", result.Type().TypeName())
	}
}

func mapToJSON(entries traits.Mapper) (any, error) {
	fields := map[string]any{}
	for each := entries.Iterator(); each.HasNext() == types.True; {
		key := each.Next()
		name, isText := key.(types.String)
		if !isText {
			return nil, fmt.Errorf("gives a map with a key of type %s, and JSON has text alone", key.Type().TypeName())
		}
		value, err := toJSON(entries.Get(key))
		if err != nil {
			return nil, err
		}
		fields[string(name)] = value
	}
	return fields, nil
}

func listToJSON(items traits.Lister) (any, error) {
	list := []any{}
	for each := items.Iterator(); each.HasNext() == types.True; {
		value, err := toJSON(each.Next())
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	return list, nil
}

// shape is the kind of a JSON value that a field can have.
type shape string

const (
	shapeUnknown shape = ""
	shapeMap     shape = "a map"
	shapeList    shape = "a list"
	shapeScalar  shape = "a scalar"
)

func shapeOf(value any) shape {
	switch value.(type) {
	case nil:
		return shapeUnknown
	case map[string]any:
		return shapeMap
	case []any:
		return shapeList
	default:
		return shapeScalar
	}
}

// shapeOfType returns the shape of all results of a type.
func shapeOfType(result *types.Type) shape {
	switch result.Kind() {
	case types.MapKind:
		return shapeMap
	case types.ListKind:
		return shapeList
	case types.BoolKind, types.IntKind, types.UintKind, types.DoubleKind, types.StringKind, types.BytesKind, types.DurationKind, types.TimestampKind:
		return shapeScalar
	default:
		return shapeUnknown
	}
}

// checkShape returns the reason why a result cannot replace the backup's value; empty if it can.
func checkShape(original any, result shape) string {
	if want := shapeOf(original); want != shapeUnknown && result != shapeUnknown && want != result {
		return fmt.Sprintf("gives %s where the backup has %s", result, want)
	}
	return ""
}
