package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/sample"
)

func TestPodDefaultsAreBounded(t *testing.T) {
	plan := &Plan{podDefaults: map[string]v1alpha1.PodDefaults{}}
	for i := range 200 { // as long as a name may be
		name := fmt.Sprintf("sa-%03d-", i) + strings.Repeat("x", 253-7)
		plan.podDefaults["serviceaccounts/"+name] = v1alpha1.PodDefaults{PullSecretAccounts: []string{name}}
	}
	got := plan.PodDefaults(func(string) bool { return false }).PullSecretAccounts
	if want := maxPodDefaultBytes / 254; len(got) != want {
		t.Errorf("%d names, want the first %d", len(got), want)
	}
	if none := plan.PodDefaults(func(string) bool { return true }); none != nil {
		t.Errorf("every account is the tenant's, and there is %+v", none)
	}
}

func TestPlanPodDefaultsAndGuards(t *testing.T) {
	plan, err := Compiler{}.Compile(sample.Archive(t, map[string]string{
		"serviceaccounts/foo/app":     `{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"app","namespace":"foo"},"imagePullSecrets":[{"name":"registry"}]}`,
		"serviceaccounts/foo/plain":   `{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"plain","namespace":"foo"}}`,
		"serviceaccounts/foo/odd":     `{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"odd","namespace":"foo"},"imagePullSecrets":"registry"}`,
		"limitranges/foo/defaults":    `{"apiVersion":"v1","kind":"LimitRange","metadata":{"name":"defaults","namespace":"foo"},"spec":{"limits":[{"type":"Container","default":{"memory":"1Gi","cpu":"1"},"defaultRequest":{"cpu":"1"}},{"type":"Pod","max":{"cpu":"4"}}]}}`,
		"limitranges/foo/odd":         `{"apiVersion":"v1","kind":"LimitRange","metadata":{"name":"odd","namespace":"foo"},"spec":{"limits":["x",null,{"type":"Container","default":7}]}}`,
		"deployments.apps/foo/web":    `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"foo"},"spec":{}}`,
		"things.example.com/foo/rule": `{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"rule","namespace":"foo"}}`,
	}), Spec{Baseline: "web", Backup: "b"})
	if err != nil {
		t.Fatal(err)
	}
	all := &v1alpha1.PodDefaults{PullSecretAccounts: []string{"app"}, Limits: []string{"cpu", "memory"}, Requests: []string{"cpu"}}
	if diff := cmp.Diff(all, plan.PodDefaults(func(string) bool { return false })); diff != "" {
		t.Error(diff)
	}
	kept := plan.PodDefaults(func(key string) bool { return key == "limitranges/defaults" })
	if diff := cmp.Diff(&v1alpha1.PodDefaults{PullSecretAccounts: []string{"app"}}, kept, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("with a LimitRange of the tenant's: %s", diff)
	}
	for pending, want := range map[string]bool{
		"": true, "deployments.apps/web": true, "things.example.com/rule": false, "secrets/x deployments.apps/web": false, "namespaces/bar": false,
	} {
		if got := plan.Guarded(strings.Fields(pending)); got != want {
			t.Errorf("with %q pending: guarded is %v, want %v", pending, got, want)
		}
	}
}
