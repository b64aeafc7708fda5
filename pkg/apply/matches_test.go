package apply

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/json"

	"seedbed.dev/seedbed/pkg/internal/manifest"
)

func TestMatches(t *testing.T) {
	for name, test := range map[string]struct {
		kind string // ConfigMap if it is empty
		edit func(live *unstructured.Unstructured)
		want Match
	}{
		"the same":                {edit: func(*unstructured.Unstructured) {}, want: Same},
		"without its kind":        {edit: func(live *unstructured.Unstructured) { live.SetAPIVersion(""); live.SetKind("") }, want: Same},
		"a status":                {edit: func(live *unstructured.Unstructured) { live.Object["status"] = map[string]any{"a": "x"} }, want: Same},
		"another value":           {edit: func(live *unstructured.Unstructured) { live.Object["data"] = map[string]any{"a": "x", "b": "2"} }, want: Differs},
		"another label":           {edit: func(live *unstructured.Unstructured) { live.SetLabels(map[string]string{"owner": "x"}) }, want: Differs},
		"in its first generation": {kind: "Deployment", edit: func(live *unstructured.Unstructured) { setFirst(live, writtenAt) }, want: Untouched},
		"in another's first":      {kind: "Deployment", edit: func(live *unstructured.Unstructured) { setFirst(live, writtenAt.Add(time.Second)) }, want: Differs},
		"of a kind without count": {edit: func(live *unstructured.Unstructured) { setFirst(live, writtenAt) }, want: Differs},
	} {
		t.Run(name, func(t *testing.T) {
			live, planned := newDriftCase(), newDriftCase()
			for _, each := range []*unstructured.Unstructured{live, planned} {
				if test.kind != "" {
					each.SetAPIVersion("apps/v1")
					each.SetKind(test.kind)
				}
			}
			test.edit(live)
			content, err := json.Marshal(live.Object)
			if err != nil {
				t.Fatal(err)
			}
			server := &objectServer{}
			object := newGoldenObject(t, planned)
			target := Target{Namespace: "bar", OwnerLabel: "owner", Labels: manifest.NewLabels(map[string]string{"owner": "web"}), Rules: goldenRules{}}
			got := server.newApplier(t, object.Kind).Matches(t.Context(), target, object, content, Inspection{Exact: true, RestoredAt: writtenAt})
			if got != test.want || len(server.calls) > 0 {
				t.Errorf("%v after %q, want %v", got, server.calls, test.want)
			}
		})
	}
}

// setFirst gives an object another value in its first generation.
func setFirst(live *unstructured.Unstructured, created time.Time) {
	live.Object["data"] = map[string]any{"a": "x", "b": "2"}
	live.SetGeneration(1)
	live.SetCreationTimestamp(metav1.Time{Time: created})
}
