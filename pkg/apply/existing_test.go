package apply

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"seedbed.dev/seedbed/pkg/internal/manifest"
)

func TestALabelKeepsAnObjectForTheBaselineThatBroughtIt(t *testing.T) {
	live := &unstructured.Unstructured{Object: map[string]any{}}
	live.SetLabels(map[string]string{"owner": "first"})
	second := map[string]string{"owner": "second"}
	tests := map[string]struct {
		target Target
		want   string
	}{
		"another baseline's":                    {Target{OwnerLabel: "owner", Labels: manifest.NewLabels(second), TrustOwner: true}, "first"},
		"its own":                               {Target{OwnerLabel: "owner", Labels: manifest.NewLabels(map[string]string{"owner": "first"})}, ""},
		"by hand, which is nobody's second":     {Target{Labels: manifest.NewLabels(second)}, ""},
		"proof is asked for, and there is":      {Target{OwnerLabel: "owner", Labels: manifest.NewLabels(second), Brought: func(b, k string) bool { return b == "first" && k == "things/a" }}, "first"},
		"proof is asked for, and there is none": {Target{OwnerLabel: "owner", Labels: manifest.NewLabels(second), Brought: func(string, string) bool { return false }}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := &writing{target: test.target, object: manifest.Object{Key: "things/a"}}
			if got := w.broughtByAnother(live); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
