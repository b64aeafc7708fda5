package capture

import (
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
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
			if got := namesOf(c.match(name)); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestResolve(t *testing.T) {
	found, unknown := catalogOf(t).resolve([]string{"svc", "cm", "configmaps", "deploy", "ns", "nodes", "events"})
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
