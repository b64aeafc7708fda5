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

// A broken rollout is refused by the schema with the field and the rule.
func TestSchemaRefusesBrokenRollout(t *testing.T) {
	admin := adminClient(t)
	const exactlyOne = "set exactly one of namespaceSelector and namespaces"
	for name, test := range map[string]struct {
		rollout string
		field   string // empty if it is allowed
		message string
	}{
		"the default":            {rollout: "{}"},
		"a step of each kind":    {rollout: "{steps: [{namespaceSelector: {matchLabels: {tier: canary}}, soak: 10m}, {name: tenth, namespaces: 10%, approval: true, soak: 168h}, {namespaces: 100}], maxFailures: 0}"},
		"a share of failures":    {rollout: "{maxFailures: 100%}"},
		"neither of both":        {rollout: "{steps: [{name: first}]}", field: "spec.rollout.steps[0]", message: exactlyOne},
		"both":                   {rollout: "{steps: [{namespaces: 1}, {namespaces: 1, namespaceSelector: {}}]}", field: "spec.rollout.steps[1]", message: exactlyOne},
		"no namespace":           {rollout: "{steps: [{namespaces: 0}]}", field: "spec.rollout.steps[0].namespaces", message: "namespaces must be a number, 1 or more, or a share from '1%' to '100%'"},
		"a share of none":        {rollout: "{steps: [{namespaces: 0%}]}", field: "spec.rollout.steps[0].namespaces", message: "namespaces must be a number, 1 or more, or a share from '1%' to '100%'"},
		"a number as text":       {rollout: "{steps: [{namespaces: '10'}]}", field: "spec.rollout.steps[0].namespaces", message: "namespaces must be a number, 1 or more, or a share from '1%' to '100%'"},
		"a negative soak":        {rollout: "{steps: [{namespaces: 1, soak: -1s}]}", field: "spec.rollout.steps[0].soak", message: "soak must be between 0s and 168h"},
		"a long soak":            {rollout: "{steps: [{namespaces: 1, soak: 200h}]}", field: "spec.rollout.steps[0].soak", message: "soak must be between 0s and 168h"},
		"many steps":             {rollout: "{steps: [" + strings.Repeat("{namespaces: 1},", 17) + "]}", field: "spec.rollout.steps", message: "must have at most 16 items"},
		"more failures than all": {rollout: "{maxFailures: 101%}", field: "spec.rollout.maxFailures", message: "maxFailures must be a number, 0 or more, or a share from '0%' to '100%'"},
		"negative failures":      {rollout: "{maxFailures: -1}", field: "spec.rollout.maxFailures", message: "maxFailures must be a number, 0 or more, or a share from '0%' to '100%'"},
		"a long share":           {rollout: "{maxFailures: 1000%}", field: "spec.rollout.maxFailures", message: "may not be more than 4 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			baseline := &unstructured.Unstructured{}
			manifest := fmt.Sprintf("{apiVersion: seedbed.dev/v1alpha1, kind: Baseline, metadata: {name: broken-rollout}, spec: {backup: b, rollout: %s}}", test.rollout)
			if err := yaml.Unmarshal([]byte(manifest), &baseline.Object); err != nil {
				t.Fatal(err)
			}
			err := admin.Create(testContext(t), baseline, client.DryRunAll)
			if test.field == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), test.field+": ") || !strings.Contains(err.Error(), test.message) {
				t.Errorf("%v, want %s: %s", err, test.field, test.message)
			}
		})
	}
}
