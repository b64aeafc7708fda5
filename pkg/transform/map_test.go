package transform

import (
	"encoding/base64"
	"strings"
	"testing"
)

// TestWarningsHoldNoSecret checks that no warning about a Secret contains a part of a value.
func TestWarningsHoldNoSecret(t *testing.T) {
	const canary = "hunter2"
	for name, value := range map[string]string{
		"moved":     "postgres://u:hunter2@db.foo:5432/x",
		"stays":     "hunter2.foo.svc.cluster.local",
		"foreign":   "hunter2.foo.svc.example.com",
		"namespace": "namespace=foo password=hunter2",
	} {
		for _, text := range []bool{false, true} {
			data := map[string]any{name: base64.StdEncoding.EncodeToString([]byte(value)), "broken": "hunter2!"}
			obj := parseObject(t, []byte(`{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"}}`))
			obj.root()["data"] = data
			warnings := Map(obj, Mapping{Source: "foo", Target: "bar", Text: text, Inventory: fuzzInventory(obj)})
			if len(warnings) == 0 {
				t.Errorf("%s: no warnings", name)
			}
			for _, warning := range warnings {
				if strings.Contains(warning.String(), canary) {
					t.Errorf("%s: a warning contains the value: %s", name, warning)
				}
			}
		}
	}
}

// TestSecretKeepsStringData checks that a mapped value of data does not replace one in stringData, which wins anyway.
func TestSecretKeepsStringData(t *testing.T) {
	obj := parseObject(t, []byte(`{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"},
		"data":{"url":"ZGIuZm9vLnN2Yw=="},"stringData":{"url":"web.foo.svc"}}`))
	Map(obj, Mapping{Source: "foo", Target: "bar", Text: true, Inventory: fuzzInventory(obj)})
	if got := objectAt(obj.root(), "stringData")["url"]; got != "web.bar.svc" {
		t.Errorf("stringData.url = %v, want web.bar.svc", got)
	}
	if got := objectAt(obj.root(), "data")["url"]; got != "ZGIuZm9vLnN2Yw==" {
		t.Errorf("data.url = %v, want it left alone", got)
	}
}

func TestMapToSourceChangesNothing(t *testing.T) {
	const raw = `{"apiVersion":"shop.example.com/v1","kind":"Shop","metadata":{"name":"x","namespace":"foo"},` +
		`"spec":{"host":"db.foo.svc","ref":{"kind":"Service","name":"db","namespace":"foo"}}}`
	obj := parseObject(t, []byte(raw))
	Map(obj, Mapping{Source: "foo", Target: "foo", Inventory: fuzzInventory(obj)})
	if got := strings.TrimSpace(marshal(t, obj.root())); got != raw {
		t.Errorf("changed: %s", got)
	}
}

// TestWarningsAreSortedAndUnique checks an order that status lists and diffs rely on.
func TestWarningsAreSortedAndUnique(t *testing.T) {
	r := &report{}
	r.warn("b", "x")
	r.warn("a", "y")
	r.warn("b", "x")
	r.warn("a", "x")
	got := r.sortedWarnings()
	want := []Warning{{"a", "x"}, {"a", "y"}, {"b", "x"}}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("sortedWarnings() = %v, want %v", got, want)
	}
}
