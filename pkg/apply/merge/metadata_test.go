package merge

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type marks = map[string]string

// newObject returns an object with these labels and annotations.
func newObject(labels, annotations map[string]string) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "ServiceAccount"}}
	object.SetLabels(labels)
	object.SetAnnotations(annotations)
	return object
}

func TestMetadataOfBothIsMerged(t *testing.T) {
	restore := marks{"seedbed.dev/restore": "r"}
	tests := map[string]struct {
		live, desired marks
		update, keep  marks // the merged labels if the desired ones win, and if the live ones do
	}{
		"both have some":               {marks{"a": "live", "b": "live"}, marks{"b": "new", "c": "new"}, marks{"a": "live", "b": "new", "c": "new"}, marks{"a": "live", "b": "live", "c": "new"}},
		"a mark is no reason to write": {marks{"a": "live"}, marks{"seedbed.dev/restore": "r"}, marks{"a": "live"}, marks{"a": "live"}},
		"an older mark stays":          {marks{"seedbed.dev/restore": "old"}, marks{"seedbed.dev/restore": "r"}, marks{"seedbed.dev/restore": "old"}, marks{"seedbed.dev/restore": "old"}},
		"the live one has none":        {nil, marks{"a": "new"}, marks{"a": "new"}, marks{"a": "new"}},
		"neither has any":              {nil, nil, nil, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			live, desired := newObject(test.live, test.live), newObject(test.desired, test.desired)
			for update, want := range map[bool]marks{true: test.update, false: test.keep} {
				if diff := cmp.Diff(want, ServiceAccount(live, desired, restore, update).GetLabels()); diff != "" {
					t.Errorf("ServiceAccount, update %v: %s", update, diff)
				}
			}
			got := Update(live, live.DeepCopy(), desired.DeepCopy(), restore)
			if diff := cmp.Diff(test.update, got.GetLabels()); diff != "" {
				t.Errorf("Update: %s", diff)
			}
			if want := union(test.live, test.desired); !cmp.Equal(got.GetAnnotations(), want) {
				t.Errorf("annotations are %v, want %v: only labels can be marks", got.GetAnnotations(), want)
			}
		})
	}
}

func TestServiceAccountTakesTheTokenSetting(t *testing.T) {
	live, desired := newObject(nil, nil), newObject(nil, nil)
	live.Object["imagePullSecrets"] = []any{map[string]any{"name": "theirs"}}
	desired.Object["imagePullSecrets"] = []any{map[string]any{"name": "ours"}}
	desired.Object["automountServiceAccountToken"] = false
	merged := ServiceAccount(live, desired, nil, false)
	want := map[string]any{
		"apiVersion": "v1", "kind": "ServiceAccount", "automountServiceAccountToken": false,
		"imagePullSecrets": []any{map[string]any{"name": "theirs"}, map[string]any{"name": "ours"}},
	}
	if diff := cmp.Diff(want, merged.Object); diff != "" {
		t.Error(diff)
	}
	if Equal(live, merged) {
		t.Error("the live one was changed")
	}
}

func TestEqualAfterWriteIgnoresTheServersFields(t *testing.T) {
	tests := map[string]struct {
		change           func(*unstructured.Unstructured)
		equal, afterward bool
	}{
		"unchanged":                  {func(*unstructured.Unstructured) {}, true, true},
		"another resourceVersion":    {func(u *unstructured.Unstructured) { u.SetResourceVersion("2") }, false, true},
		"another generation":         {func(u *unstructured.Unstructured) { u.SetGeneration(2) }, false, true},
		"another label":              {func(u *unstructured.Unstructured) { AddLabels(u, marks{"b": "c"}) }, false, false},
		"another uid":                {func(u *unstructured.Unstructured) { u.SetUID("2") }, false, false},
		"the same labels once more":  {func(u *unstructured.Unstructured) { AddLabels(u, marks{"a": "b"}) }, true, true},
		"another entry of the spec":  {func(u *unstructured.Unstructured) { u.Object["spec"] = "x" }, false, false},
		"no labels added to no spec": {func(u *unstructured.Unstructured) { AddLabels(u, nil) }, true, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			before := newObject(marks{"a": "b"}, nil)
			before.SetResourceVersion("1")
			after := before.DeepCopy()
			test.change(after)
			if Equal(before, after) != test.equal || EqualAfterWrite(before, after) != test.afterward {
				t.Errorf("equal %v and after a write %v; want %v and %v", Equal(before, after), EqualAfterWrite(before, after), test.equal, test.afterward)
			}
		})
	}
}
