package capture

import (
	"strings"
	"testing"
)

func TestMatchName(t *testing.T) {
	tests := map[string]string{
		"services":                    "services services.example.com",
		"service":                     "services services.example.com",
		"Services":                    "services services.example.com",
		"services.example.com":        "services.example.com",
		"services.v1.example.com":     "services.example.com",
		"services.v2.example.com":     "",
		"service.example.com":         "services.example.com",
		"services.v1.":                "services",
		"svc":                         "svc.example.com",
		"xsvc":                        "services.example.com",
		"cm":                          "configmaps",
		"deploy":                      "deployments.apps",
		"deployment":                  "deployments.apps",
		"deployments.apps":            "deployments.apps",
		"deployments.v1.apps":         "deployments.apps",
		"deploy.apps":                 "deployments.apps",
		"deployments.batch":           "",
		"widget":                      "widgets.example.com",
		"pods":                        "pods pods.metrics.k8s.io",
		"pods.metrics.k8s.io":         "pods.metrics.k8s.io",
		"servces":                     "",
		"pods/log":                    "",
		"":                            "",
		".":                           "",
		"*":                           "",
		"deployments.apps.v1":         "",
		"deployments.v1.apps.example": "",
	}
	c := catalogOf(t)
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			if got := namesOf(c.matchName(name)); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestResolveNames(t *testing.T) {
	found, unknown := catalogOf(t).resolveNames([]string{"svc", "cm", "configmaps", "deploy", "ns", "nodes", "events"})
	names := make([]string, 0, len(found))
	for _, resource := range found {
		names = append(names, resource.String())
	}
	if got := strings.Join(names, " "); got != "svc.example.com configmaps deployments.apps events" {
		t.Errorf("found %s", got)
	}
	if got := strings.Join(unknown, " "); got != "ns nodes" {
		t.Errorf("unknown are %s", got)
	}
}

// TestNameOfFailedGroupIsAmbiguous covers names that a group without an answer may have. They resolve to nothing:
// otherwise admission could review one resource and the backup contain another.
func TestNameOfFailedGroupIsAmbiguous(t *testing.T) {
	tests := map[string]struct {
		failed string
		// want maps a name to the unambiguous one in its error; empty for no error.
		want map[string]string
	}{
		"a group behind": {failed: "zebra.example.com/v1", want: map[string]string{
			"services": "", "deployments": "", "services.example.com": "", "widgets": "",
			"deploy": "deployments.apps", "cm": "configmaps.v1.", "service": "services.v1.", "deploy.apps": "",
		}},
		"a group before": {failed: "batch/v1", want: map[string]string{
			"services": "", "deployments": "", "widgets": "widgets.example.com", "widgets.example.com": "",
		}},
		"its own group, in another version": {failed: "example.com/v2", want: map[string]string{"widgets": ""}},
		"a group of metrics":                {failed: "custom.metrics.k8s.io/v1", want: map[string]string{"deploy": "", "cm": ""}},
		"a group of which nothing is known": {failed: "unknown.example.com/v1", want: map[string]string{
			"services": "", "deployments": "deployments.apps", "deployments.apps": "",
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := catalogOf(t, test.failed)
			c.groups = []string{"", "apps", "events.k8s.io", "batch", "example.com", "zebra.example.com"}
			for name, instead := range test.want {
				err := c.ambiguityError(name)
				if (err == nil) != (instead == "") || err != nil && (!strings.Contains(err.Error(), test.failed) || !strings.Contains(err.Error(), `"`+instead+`"`)) {
					t.Errorf("%s: %v, want %q named", name, err, instead)
				}
			}
		})
	}
}
