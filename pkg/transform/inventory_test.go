package transform

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestInventoryHoldsOneNamespace(t *testing.T) {
	here := parseObject(t, []byte(`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"foo","uid":"u-1"}}`))
	clean := parseObject(t, []byte(`{"apiVersion":"v1","kind":"Service","metadata":{"name":"db"}}`))
	elsewhere := parseObject(t, []byte(`{"apiVersion":"v1","kind":"Service","metadata":{"name":"cache","namespace":"other","uid":"u-2"}}`))
	knative := parseObject(t, []byte(`{"apiVersion":"serving.knative.dev/v1","kind":"Service","metadata":{"name":"fn"}}`))
	inv := NewInventory("foo", []Object{here, clean, elsewhere, knative, {}})
	for _, test := range []struct {
		name      string
		got, want bool
	}{
		{name: "by kind", got: inv.Has("apps", "Deployment", "web"), want: true},
		{name: "by resource", got: inv.Has("apps", "deployments", "web"), want: true},
		{name: "by another group", got: inv.Has("", "Deployment", "web"), want: false},
		{name: "by another name", got: inv.Has("apps", "Deployment", "api"), want: false},
		{name: "without a namespace", got: inv.HasService("db"), want: true},
		{name: "of another namespace", got: inv.HasService("cache"), want: false},
		{name: "of another namespace, by owner", got: inv.hasOwner("u-2"), want: false},
		{name: "by owner", got: inv.hasOwner("u-1"), want: true},
		{name: "by no owner", got: inv.hasOwner(""), want: false},
		{name: "a Service of another group", got: inv.HasService("fn"), want: false},
	} {
		if test.got != test.want {
			t.Errorf("%s: found = %t, want %t", test.name, test.got, test.want)
		}
	}
}

// TestNilInventoryMovesOnlyIdentity also checks that no rule panics.
func TestNilInventoryMovesOnlyIdentity(t *testing.T) {
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
			t.Errorf("a name of a Service outside the backup was mapped: %s", name)
		}
	}
}

func TestEmptyObjectsAreSkippedWithWarning(t *testing.T) {
	for _, obj := range []Object{{}, {Resource: schema.GroupResource{Resource: "services"}}, parseObject(t, []byte(`{}`))} {
		if verdict := Clean(obj, nil); verdict.Skip == "" || verdict.Quiet {
			t.Errorf("an object without content is restored, or skipped quietly: %+v", verdict)
		}
		if warnings := Map(obj, Mapping{Source: "foo", Target: "bar"}); len(warnings) > 0 {
			t.Errorf("warnings about no content: %v", warnings)
		}
	}
}
