package apply

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"seedbed.dev/seedbed/pkg/internal/manifest"
)

func TestOwnerLabelKeepsAnotherBaselinesObject(t *testing.T) {
	live := &unstructured.Unstructured{Object: map[string]any{}}
	live.SetLabels(map[string]string{"owner": "first"})
	second := map[string]string{"owner": "second"}
	tests := map[string]struct {
		target Target
		want   string
	}{
		"another baseline's":               {Target{OwnerLabel: "owner", Labels: manifest.NewLabels(second), TrustOwner: true}, "first"},
		"its own":                          {Target{OwnerLabel: "owner", Labels: manifest.NewLabels(map[string]string{"owner": "first"})}, ""},
		"a restore without an owner label": {Target{Labels: manifest.NewLabels(second)}, ""},
		"an untrusted label of an owner":   {Target{OwnerLabel: "owner", Labels: manifest.NewLabels(second), Owners: []string{"first"}}, "first"},
		"an untrusted label of another":    {Target{OwnerLabel: "owner", Labels: manifest.NewLabels(second), Owners: []string{"third"}}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := &writing{target: test.target, object: manifest.Object{Key: "things/a"}}
			if got := w.otherOwner(live); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
