package v1alpha1

import (
	"encoding/json"
	"testing"
)

func TestObjectResultIsOneStringInJSON(t *testing.T) {
	tests := map[string]struct {
		result ObjectResult
		json   string
	}{
		"created":              {ObjectResult{Object: "services/web", Result: ResultCreated}, `"services/web: Created"`},
		"with a reason":        {ObjectResult{Object: "deployments.apps/web", Result: ResultKept, Reason: "differs: spec.replicas"}, `"deployments.apps/web: Kept: differs: spec.replicas"`},
		"a name with a colon":  {ObjectResult{Object: "roles.rbac.authorization.k8s.io/system:app", Result: ResultFailed}, `"roles.rbac.authorization.k8s.io/system:app: Failed"`},
		"nothing but a result": {ObjectResult{Result: ResultSkipped}, `": Skipped"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			written, err := json.Marshal(test.result)
			if err != nil || string(written) != test.json {
				t.Fatalf("written as %s (%v), want %s", written, err, test.json)
			}
			var read ObjectResult
			if err := json.Unmarshal(written, &read); err != nil || read != test.result {
				t.Errorf("read back as %+v (%v), want %+v", read, err, test.result)
			}
		})
	}
}
