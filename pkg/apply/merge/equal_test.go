package merge

import "testing"

func TestEqualValuesTakesNullForAbsent(t *testing.T) {
	type object = map[string]any
	tests := map[string]struct {
		first, second any
		want          bool
	}{
		"absent and absent":        {nil, nil, true},
		"absent and empty":         {nil, object{}, false},
		"a null":                   {object{"a": nil}, object{}, true},
		"another null":             {object{"a": nil}, object{"b": nil}, true},
		"a null and a value":       {object{"a": nil}, object{"a": "x"}, false},
		"a value and a null":       {object{"a": "x"}, object{"a": nil}, false},
		"a field more":             {object{"a": "x"}, object{"a": "x", "b": "y"}, false},
		"a null item":              {[]any{nil}, []any{}, false},
		"lists":                    {[]any{object{"a": nil}}, []any{object{}}, true},
		"lists in another order":   {[]any{"a", "b"}, []any{"b", "a"}, false},
		"an object and a list":     {object{}, []any{}, false},
		"a list and text":          {[]any{}, "", false},
		"text and an object":       {"", object{}, false},
		"numbers":                  {int64(1), int64(1), true},
		"a number and a fraction":  {int64(1), 1.5, false},
		"a number and its decimal": {int64(1), "1", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if equalValues(test.first, test.second) != test.want {
				t.Errorf("equalValues(%v, %v) = %v", test.first, test.second, !test.want)
			}
		})
	}
}

func TestEqualValuesOfDeepObjects(t *testing.T) {
	nested := func() any {
		var value any = "x"
		for range 200 {
			value = map[string]any{"a": value}
		}
		return value
	}
	if !equalValues(nested(), nested()) { // in exponential time this would never end
		t.Error("they differ")
	}
}
