package transform

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
		{name: "of another namespace, by owner", got: hasOwner(inv, "u-2"), want: false},
		{name: "by owner", got: hasOwner(inv, "u-1"), want: true},
		{name: "by no owner", got: hasOwner(inv, ""), want: false},
		{name: "a Service of another group", got: inv.HasService("fn"), want: false},
	} {
		if test.got != test.want {
			t.Errorf("%s: found = %t, want %t", test.name, test.got, test.want)
		}
	}
}

// TestInventoryHasThreeValues checks which references move: those to objects that a target gets, restored or remade.
func TestInventoryHasThreeValues(t *testing.T) {
	inv := NewInventory("foo", []Object{
		parseObject(t, []byte(`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","uid":"u-1"}}`)),
		parseObject(t, []byte(`{"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"web-1","uid":"u-2",
			"ownerReferences":[{"kind":"Deployment","name":"web","uid":"u-1","controller":true}]}}`)),
		parseObject(t, []byte(`{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"setup","uid":"u-3"},
			"status":{"conditions":[{"type":"Complete","status":"True"}]}}`)),
	})
	for _, test := range []struct {
		name      string
		ref       reference
		has, left bool
	}{
		{name: "restored", ref: reference{"apps", "Deployment", "web"}, has: true},
		{name: "remade", ref: reference{"apps", "ReplicaSet", "web-1"}, has: true},
		{name: "left", ref: reference{"batch", "Job", "setup"}, left: true},
		{name: "not in the backup", ref: reference{"batch", "Job", "other"}},
	} {
		if has, left := inv.Has(test.ref.group, test.ref.kind, test.ref.name), inv.isLeft(test.ref); has != test.has || left != test.left {
			t.Errorf("%s: has = %t, left = %t; want %t, %t", test.name, has, left, test.has, test.left)
		}
	}
}

// TestMakersAreFollowedToTheEnd checks a chain, in either order of the objects, and a cycle with and without another maker.
func TestMakersAreFollowedToTheEnd(t *testing.T) {
	const links = 100
	var chain []Object
	for i := range links {
		chain = append(chain, parseObject(t, fmt.Appendf(nil, `{"apiVersion":"example.com/v1","kind":"Link","metadata":{"name":"l%d","uid":"u-%d",
			"ownerReferences":[{"kind":"Link","name":"l%d","uid":"u-%d","controller":true}]}}`, i, i, i-1, i-1)))
	}
	thing := func(name string, owners ...string) Object {
		var refs []string
		for _, owner := range owners {
			refs = append(refs, fmt.Sprintf(`{"kind":"Thing","name":%q,"uid":%q,"controller":true}`, owner, owner))
		}
		return parseObject(t, fmt.Appendf(nil, `{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":%q,"uid":%q,"ownerReferences":[%s]}}`,
			name, name, strings.Join(refs, ",")))
	}
	backwards := slices.Clone(chain)
	slices.Reverse(backwards)
	for _, test := range []struct {
		name    string
		objects []Object
		want    []string // restored
	}{
		{name: "a chain", objects: chain, want: []string{"l0"}},
		{name: "a chain, the last first", objects: backwards, want: []string{"l0"}},
		{name: "a cycle", objects: []Object{thing("a", "b"), thing("b", "a")}, want: []string{"a", "b"}},
		{name: "an object that owns itself", objects: []Object{thing("a", "a")}, want: []string{"a"}},
		{name: "a cycle that a third begins", objects: []Object{thing("a", "b"), thing("b", "a", "c"), thing("c")}, want: []string{"c"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			inv := NewInventory("foo", test.objects)
			var restored []string
			for _, obj := range test.objects {
				copied := Object{Resource: obj.Resource, Content: obj.Content.DeepCopy()}
				if Clean(copied, inv).Skip == "" {
					restored = append(restored, obj.Content.GetName())
				}
			}
			slices.Sort(restored)
			if diff := cmp.Diff(test.want, restored); diff != "" {
				t.Errorf("restored (-want +got):\n%s", diff)
			}
		})
	}
}

func hasOwner(inv *Inventory, uid string) bool {
	found, _ := inv.findMaker(maker{owner: true, uid: uid})
	return found
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
