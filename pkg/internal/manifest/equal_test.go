package manifest

import "testing"

func TestBodyEqualIgnoresThePlaceholder(t *testing.T) {
	const early, late = "seedbed-1", "seedbed-z"
	tests := map[string]struct {
		old, new func(placeholder string) map[string]any
		want     bool
	}{
		"the same":                          {old: dataOf("a", "b"), new: dataOf("a", "b"), want: true},
		"another value":                     {old: dataOf("a", "b"), new: dataOf("a", "c")},
		"another field":                     {old: dataOf("a", "b"), new: dataOf("b", "b")},
		"the namespace":                     {old: namedData("a", ""), new: namedData("a", ""), want: true},
		"a name for a namespace":            {old: namedData("a", ""), new: dataOf("a", early)},
		"the namespace elsewhere in a text": {old: namedData("a", "."), new: namedData("a", "-")},
		"labels that a placeholder sorts differently": {
			old: func(string) map[string]any { return labelledObject(map[string]any{"seedbed-m": "1", "a": "2"}) },
			new: func(string) map[string]any { return labelledObject(map[string]any{"seedbed-m": "1", "a": "2"}) }, want: true,
		},
		"keys that a placeholder sorts differently": {
			old: func(p string) map[string]any { return map[string]any{"data": map[string]any{p: "1", "seedbed-m": "2"}} },
			new: func(p string) map[string]any { return map[string]any{"data": map[string]any{p: "1", "seedbed-m": "2"}} }, want: true,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			oldBody, newBody := bodyOf(t, test.old(early), early), bodyOf(t, test.new(late), late)
			if got := oldBody.Equal(newBody); got != test.want {
				t.Errorf("Equal = %t, want %t", got, test.want)
			}
			if got := newBody.Equal(oldBody); got != test.want {
				t.Errorf("the other way round Equal = %t, want %t", got, test.want)
			}
		})
	}
}

// dataOf returns content with one field of data.
func dataOf(key, value string) func(string) map[string]any {
	return func(string) map[string]any { return map[string]any{"data": map[string]any{key: value}} }
}

// namedData returns content with one field that has the namespace's name and a suffix.
func namedData(key, suffix string) func(string) map[string]any {
	return func(placeholder string) map[string]any { return dataOf(key, placeholder+suffix)("") }
}

func bodyOf(tb testing.TB, content map[string]any, placeholder string) Body {
	tb.Helper()
	body, err := NewBody(content, placeholder)
	if err != nil {
		tb.Fatal(err)
	}
	return body
}
