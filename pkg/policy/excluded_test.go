package policy

import "testing"

func TestExcluded(t *testing.T) {
	for name, want := range map[string]bool{
		"kube-system":     true,
		"kube-public":     true,
		"kube-node-lease": true,
		"kube-":           false,
		"kube-anything":   false,
		"":                false,
		"seedbed-system":  true,
		"kube":            false,
		"kubernetes":      false,
		"my-kube-system":  false,
		"seedbed-systems": false,
		"default":         false,
		"bar":             false,
	} {
		if got := Excluded(name, "seedbed-system"); got != want {
			t.Errorf("Excluded(%q) = %v, want %v", name, got, want)
		}
	}
}
