package v1alpha1

import "testing"

func TestDriftPolicyInForce(t *testing.T) {
	for name, test := range map[string]struct {
		spec      BaselineSpec
		want      DriftPolicy
		corrected bool
	}{
		"Optional":                   {spec: BaselineSpec{Enforcement: EnforcementOptional}, want: DriftReport},
		"Required":                   {spec: BaselineSpec{Enforcement: EnforcementRequired}, want: DriftCorrect, corrected: true},
		"Optional that is corrected": {spec: BaselineSpec{Drift: DriftCorrect}, want: DriftCorrect, corrected: true},
		"Required that is reported":  {spec: BaselineSpec{Enforcement: EnforcementRequired, Drift: DriftReport}, want: DriftReport},
		"Required that is ignored":   {spec: BaselineSpec{Enforcement: EnforcementRequired, Drift: DriftIgnore}, want: DriftIgnore},
		"Required that is denied":    {spec: BaselineSpec{Enforcement: EnforcementRequired, Drift: DriftDeny}, want: DriftDeny, corrected: true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := test.spec.DriftPolicyInForce(); got != test.want || got.IsCorrected() != test.corrected {
				t.Errorf("got %s, corrected: %v; want %s, corrected: %v", got, got.IsCorrected(), test.want, test.corrected)
			}
		})
	}
}
