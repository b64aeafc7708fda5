package transform

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestInventory(t *testing.T) {
	here := parseObject(t, []byte(`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"foo","uid":"u-1"}}`))
	clean := parseObject(t, []byte(`{"apiVersion":"v1","kind":"Service","metadata":{"name":"db"}}`))
	elsewhere := parseObject(t, []byte(`{"apiVersion":"v1","kind":"Service","metadata":{"name":"cache","namespace":"other","uid":"u-2"}}`))
	knative := parseObject(t, []byte(`{"apiVersion":"serving.knative.dev/v1","kind":"Service","metadata":{"name":"fn"}}`))
	inv := NewInventory("foo", []Object{here, clean, elsewhere, knative, {}})
	for _, test := range []struct {
		name      string
		got, want bool
	}{
		{"by kind", inv.Has("apps", "Deployment", "web"), true},
		{"by resource", inv.Has("apps", "deployments", "web"), true},
		{"by another group", inv.Has("", "Deployment", "web"), false},
		{"by another name", inv.Has("apps", "Deployment", "api"), false},
		{"without a namespace", inv.HasService("db"), true},
		{"of another namespace", inv.HasService("cache"), false},
		{"of another namespace, by owner", inv.hasOwner("u-2"), false},
		{"by owner", inv.hasOwner("u-1"), true},
		{"by no owner", inv.hasOwner(""), false},
		{"a Service of another group", inv.HasService("fn"), false},
	} {
		if test.got != test.want {
			t.Errorf("%s: found = %t, want %t", test.name, test.got, test.want)
		}
	}
}

// TestWithoutInventory: nothing is known to have moved, so only identity moves; and nothing panics.
func TestWithoutInventory(t *testing.T) {
	for _, raw := range []string{
		`{"apiVersion":"v1","kind":"Service","metadata":{"name":"db"},"spec":{"externalName":"db.foo.svc"}}`,
		`{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x","annotations":{"cert-manager.io/certificate-name":"y"}}}`,
		`{"apiVersion":"v1","kind":"Endpoints","metadata":{"name":"db"}}`,
		`{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"db"},"secrets":[{"name":"db-token-abcde"}]}`,
		`{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"db"},"spec":{"egress":[{"to":
			[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"foo"}}}]}]}}`,
	} {
		obj := parseObject(t, []byte(raw))
		if verdict := Clean(obj, nil); verdict.Skip != "" {
			t.Errorf("%s: skipped: %s", raw, verdict.Skip)
		}
		Map(obj, Mapping{Source: "foo", Target: "bar"})
		if name, _ := objectAt(obj.root(), "spec")["externalName"].(string); name != "" && name != "db.foo.svc" {
			t.Errorf("a Service that is not known to have moved was followed: %s", name)
		}
	}
}

func TestEmptyObjects(t *testing.T) {
	for _, obj := range []Object{{}, {Resource: schema.GroupResource{Resource: "services"}}, parseObject(t, []byte(`{}`))} {
		if verdict := Clean(obj, nil); verdict.Skip == "" || verdict.Quiet {
			t.Errorf("an object without content is restored or not told: %+v", verdict)
		}
		if warnings := Map(obj, Mapping{Source: "foo", Target: "bar"}); len(warnings) > 0 {
			t.Errorf("warnings about no content: %v", warnings)
		}
	}
}
