package integration

import (
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// A tenant may decline an Optional baseline, so its objects are never protected from them.
func TestSchemaAllowsDenyOnlyWhereRequired(t *testing.T) {
	const onlyRequired = "spec.drift: Invalid value: drift: Deny needs enforcement: Required: set enforcement: Required, or drift: Correct"
	admin := adminClient(t)
	for name, test := range map[string]struct {
		spec    string
		refused string // in the message of the refusal; empty if it is allowed
	}{
		"Required":               {spec: "enforcement: Required, drift: Deny"},
		"Required and corrected": {spec: "enforcement: Required, drift: Correct"},
		"Optional and corrected": {spec: "enforcement: Optional, drift: Correct"},
		"Optional":               {spec: "enforcement: Optional, drift: Deny", refused: onlyRequired},
		"Optional by default":    {spec: "drift: Deny", refused: onlyRequired},
		"another word":           {spec: "enforcement: Required, drift: Refuse", refused: `supported values: "Ignore", "Report", "Correct", "Deny"`},
	} {
		t.Run(name, func(t *testing.T) {
			baseline := &unstructured.Unstructured{}
			manifest := fmt.Sprintf("{apiVersion: seedbed.dev/v1alpha1, kind: Baseline, metadata: {name: denied-drift}, spec: {backup: b, %s}}", test.spec)
			if err := yaml.Unmarshal([]byte(manifest), &baseline.Object); err != nil {
				t.Fatal(err)
			}
			err := admin.Create(testContext(t), baseline, client.DryRunAll)
			switch {
			case test.refused == "" && err != nil:
				t.Error(err)
			case test.refused != "" && (!apierrors.IsInvalid(err) || !strings.Contains(err.Error(), test.refused)):
				t.Errorf("%v, want %s", err, test.refused)
			}
		})
	}
}
