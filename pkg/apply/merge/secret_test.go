package merge

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestStringDataFoldsAsInTheAPIServer(t *testing.T) {
	secret := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret",
		"data": map[string]any{"a": "b2xk", "b": "Yg=="}, "stringData": map[string]any{"a": "new"},
	}}
	foldStringData(secret)
	want := map[string]any{"apiVersion": "v1", "kind": "Secret", "data": map[string]any{"a": "bmV3", "b": "Yg=="}}
	if diff := cmp.Diff(want, secret.Object); diff != "" {
		t.Error(diff)
	}
	other := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "g/v1", "kind": "Secret", "stringData": map[string]any{"a": "new"}}}
	foldStringData(other)
	if _, found := other.Object["data"]; found {
		t.Error("another group's Secret was folded")
	}
}
