package restore

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestStampsAreReadAsTheyAreWritten(t *testing.T) {
	// As long as a name may be, and more than a condition's message may hold.
	long := func(i int) string { return fmt.Sprintf("sa-%03d-", i) + strings.Repeat("x", 253-7) }
	var many, cut Stamps
	for i := range 200 {
		many.PullSecrets = append(many.PullSecrets, long(i))
		if i < maxStampsPerList/254 {
			cut.PullSecrets = append(cut.PullSecrets, long(i))
		}
	}
	tests := map[string]struct {
		stamps Stamps
		text   string
		read   Stamps
	}{
		"nothing":    {},
		"everything": {Stamps{[]string{"app", "default"}, []string{"cpu", "memory"}, []string{"cpu"}}, "pull secrets: app,default; limits: cpu,memory; requests: cpu", Stamps{[]string{"app", "default"}, []string{"cpu", "memory"}, []string{"cpu"}}},
		"limits":     {Stamps{Limits: []string{"cpu"}}, "limits: cpu", Stamps{Limits: []string{"cpu"}}},
		"too many":   {many, cut.String(), cut},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := test.stamps.String(); got != test.text {
				t.Errorf("text %q, want %q", got, test.text)
			}
			if diff := cmp.Diff(test.read, ParseStamps(test.text)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := ParseStamps("something else; limits: ; limits"); got.String() != "" {
		t.Errorf("odd text is read as %+v", got)
	}
}

func TestAPlanKnowsWhatIsStampedAndWhatGuards(t *testing.T) {
	plan, err := Compile(stored(t, map[string]string{
		"serviceaccounts/foo/app":     `{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"app","namespace":"foo"},"imagePullSecrets":[{"name":"registry"}]}`,
		"serviceaccounts/foo/plain":   `{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"plain","namespace":"foo"}}`,
		"serviceaccounts/foo/odd":     `{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"odd","namespace":"foo"},"imagePullSecrets":"registry"}`,
		"limitranges/foo/defaults":    `{"apiVersion":"v1","kind":"LimitRange","metadata":{"name":"defaults","namespace":"foo"},"spec":{"limits":[{"type":"Container","default":{"memory":"1Gi","cpu":"1"},"defaultRequest":{"cpu":"1"}},{"type":"Pod","max":{"cpu":"4"}}]}}`,
		"limitranges/foo/odd":         `{"apiVersion":"v1","kind":"LimitRange","metadata":{"name":"odd","namespace":"foo"},"spec":{"limits":["x",null,{"type":"Container","default":7}]}}`,
		"deployments.apps/foo/web":    `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"foo"},"spec":{}}`,
		"things.example.com/foo/rule": `{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"rule","namespace":"foo"}}`,
	}), Spec{Baseline: "web", Backup: "b"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := plan.Stamps(func(string) bool { return false }).String(), "pull secrets: app; limits: cpu,memory; requests: cpu"; got != want {
		t.Errorf("stamps %q, want %q", got, want)
	}
	kept := plan.Stamps(func(key string) bool { return key == "limitranges/defaults" })
	if diff := cmp.Diff(Stamps{PullSecrets: []string{"app"}}, kept, cmpopts.EquateEmpty()); diff != "" {
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
