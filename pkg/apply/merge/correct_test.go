package merge

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestCorrectPutsBackTheDesiredFields(t *testing.T) {
	type object = map[string]any
	named := func(items ...object) []any {
		var list []any
		for _, item := range items {
			list = append(list, item)
		}
		return list
	}
	tests := map[string]struct {
		live, known, desired object // known is live without what the rules never write; live if it is nil
		exact                bool
		keep                 func(path Path, removed bool) bool
		want                 object // live if it is nil
		paths                []string
	}{
		"nothing differs": {
			live: object{"data": object{"a": "1"}}, desired: object{"data": object{"a": "1"}},
		},
		"a changed value": {
			live: object{"data": object{"a": "mine", "own": "x"}}, desired: object{"data": object{"a": "1"}},
			want: object{"data": object{"a": "1", "own": "x"}}, paths: []string{"data.a"},
		},
		"a removed value": {
			live: object{"data": object{"b": "2"}}, desired: object{"data": object{"a": "1", "b": "2"}},
			want: object{"data": object{"a": "1", "b": "2"}}, paths: []string{"data.a removed"},
		},
		"all values removed": {
			live: object{"kind": "ConfigMap"}, desired: object{"data": object{"a": "1"}},
			want: object{"kind": "ConfigMap", "data": object{"a": "1"}}, paths: []string{"data removed"},
		},
		"an added value is the tenant's": {
			live: object{"data": object{"a": "1", "own": "x"}}, desired: object{"data": object{"a": "1"}},
		},
		"an added value, exactly": {
			live: object{"data": object{"a": "1", "own": "x"}}, desired: object{"data": object{"a": "1"}}, exact: true,
			want: object{"data": object{"a": "1"}}, paths: []string{"data.own"},
		},
		"a field that the rules never write stays, exactly": {
			live: object{"spec": object{"a": "1", "clusterIP": "10.0.0.1"}, "status": object{"x": "y"}}, known: object{"spec": object{"a": "1"}},
			desired: object{"spec": object{"a": "1"}}, exact: true,
		},
		"a field that is left out when it is empty": {
			live: object{"spec": object{"a": "1"}}, desired: object{"spec": object{"a": "1", "none": object{}, "list": []any{}, "null": nil}},
		},
		"an empty selector that selects less": {
			live: object{"spec": object{"podSelector": object{"matchLabels": object{"app": "x"}}}}, desired: object{"spec": object{"podSelector": object{}}},
			want: object{"spec": object{"podSelector": object{}}}, paths: []string{"spec.podSelector.matchLabels"},
		},
		"a list without names is compared as a whole": {
			live: object{"ingress": named(object{"from": "a"}, object{"from": "b"})}, desired: object{"ingress": named(object{"from": "a"})},
			want: object{"ingress": named(object{"from": "a"})}, paths: []string{"ingress"},
		},
		"an item's field": {
			live:    object{"containers": named(object{"name": "app", "image": "mine"}, object{"name": "sidecar"})},
			desired: object{"containers": named(object{"name": "app", "image": "ours"})},
			want:    object{"containers": named(object{"name": "app", "image": "ours"}, object{"name": "sidecar"})}, paths: []string{"containers[app].image"},
		},
		"a removed item": {
			live:    object{"containers": named(object{"name": "app"})},
			desired: object{"containers": named(object{"name": "init"}, object{"name": "app"})},
			want:    object{"containers": named(object{"name": "init"}, object{"name": "app"})}, paths: []string{"containers[init] removed"},
		},
		"an added item, exactly": {
			live:    object{"subjects": named(object{"name": "ours"}, object{"name": "mine"})},
			desired: object{"subjects": named(object{"name": "ours"})}, exact: true,
			want: object{"subjects": named(object{"name": "ours"})}, paths: []string{"subjects[mine]"},
		},
		"another shape": {
			live: object{"a": "text"}, desired: object{"a": object{"b": "c"}}, want: object{"a": object{"b": "c"}}, paths: []string{"a"},
		},
		"labels and annotations are added to, also exactly": {
			live:    object{"metadata": object{"name": "x", "labels": object{"app": "mine", "own": "1"}, "annotations": object{"own": "2"}}},
			desired: object{"metadata": object{"labels": object{"app": "ours"}, "annotations": object{"a": "b"}}}, exact: true,
			want:  object{"metadata": object{"name": "x", "labels": object{"app": "ours", "own": "1"}, "annotations": object{"own": "2", "a": "b"}}},
			paths: []string{"metadata.labels.app", "metadata.annotations.a removed"},
		},
		"fields that are kept": {
			live: object{"spec": object{"a": "mine", "b": "mine"}, "extra": "x"}, desired: object{"spec": object{"a": "ours", "b": "ours"}}, exact: true,
			keep: func(path Path, _ bool) bool { return path.String() != "spec.b" },
			want: object{"spec": object{"a": "mine", "b": "ours"}, "extra": "x"}, paths: []string{"spec.b"},
		},
		"a number of another type": {
			live: object{"spec": object{"replicas": int64(2)}}, desired: object{"spec": object{"replicas": int64(2)}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.known == nil {
				test.known = test.live
			}
			if test.want == nil {
				test.want = test.live
			}
			wrap := func(o object) *unstructured.Unstructured {
				return (&unstructured.Unstructured{Object: o}).DeepCopy()
			}
			got, differences := Correct(wrap(test.live), wrap(test.known), wrap(test.desired), Correction{Exact: test.exact, Keep: test.keep})
			var paths []string
			for _, difference := range differences {
				text := difference.Path.String()
				if difference.Removed {
					text += " removed"
				}
				paths = append(paths, text)
			}
			if diff := cmp.Diff(test.paths, paths); diff != "" {
				t.Errorf("differences (want, got): %s", diff)
			}
			if diff := cmp.Diff(test.want, got.Object); diff != "" {
				t.Errorf("object (want, got): %s", diff)
			}
			again, differences := Correct(got.DeepCopy(), got.DeepCopy(), wrap(test.desired), Correction{Exact: false, Keep: test.keep})
			if len(differences) > 0 || !Equal(again, got) {
				t.Errorf("a second correction changes %v", differences)
			}
		})
	}
}
