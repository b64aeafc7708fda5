package merge

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestOverwriteChangesNormalizedFieldsOnly(t *testing.T) {
	type object = map[string]any
	tests := map[string]struct{ live, known, desired, want object }{
		"fields that were cleaned away stay": {
			live:    object{"metadata": object{"name": "a", "uid": "1", "finalizers": []any{"f"}}, "spec": object{"selector": "generated", "size": int64(1)}, "status": "theirs"},
			known:   object{"metadata": object{"name": "a"}, "spec": object{"size": int64(1)}},
			desired: object{"metadata": object{"name": "a"}, "spec": object{"size": int64(2)}},
			want:    object{"metadata": object{"name": "a", "uid": "1", "finalizers": []any{"f"}}, "spec": object{"selector": "generated", "size": int64(2)}, "status": "theirs"},
		},
		"fields that others added go": {
			live: object{"data": object{"a": "old", "extra": "1"}, "more": true}, known: object{"data": object{"a": "old", "extra": "1"}, "more": true},
			desired: object{"data": object{"a": "new"}},
			want:    object{"data": object{"a": "new"}},
		},
		"an equal list keeps its cleaned fields": {
			live:    object{"ports": []any{object{"port": int64(80), "nodePort": int64(30080)}}},
			known:   object{"ports": []any{object{"port": int64(80)}}},
			desired: object{"ports": []any{object{"port": int64(80)}}},
			want:    object{"ports": []any{object{"port": int64(80), "nodePort": int64(30080)}}},
		},
		"another list is replaced": {
			live:    object{"ports": []any{object{"port": int64(80), "nodePort": int64(30080)}}},
			known:   object{"ports": []any{object{"port": int64(80)}}},
			desired: object{"ports": []any{object{"port": int64(81)}}},
			want:    object{"ports": []any{object{"port": int64(81)}}},
		},
		"null is as good as absent": {
			live: object{"a": nil, "c": object{}}, known: object{"a": nil, "c": object{}}, desired: object{"b": nil, "c": object{"d": nil}},
			want: object{"a": nil, "c": object{}},
		},
		"another shape is replaced": {
			live: object{"a": "text", "b": object{"c": "d"}}, known: object{"a": "text", "b": object{"c": "d"}},
			desired: object{"a": object{"c": "d"}, "b": []any{"e"}},
			want:    object{"a": object{"c": "d"}, "b": []any{"e"}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			wrap := func(o object) *unstructured.Unstructured { return &unstructured.Unstructured{Object: o} }
			if diff := cmp.Diff(test.want, overwrite(wrap(test.live), wrap(test.known), wrap(test.desired)).Object); diff != "" {
				t.Error(diff)
			}
		})
	}
}
