package backup

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/test/check"
)

func TestUnknownResourcesAreRefused(t *testing.T) {
	lists := []*metav1.APIResourceList{
		{GroupVersion: "v1", APIResources: []metav1.APIResource{
			{Name: "services", SingularName: "service", Kind: "Service", ShortNames: []string{"svc"}, Namespaced: true},
			{Name: "services/status", Kind: "Service", Namespaced: true},
			{Name: "nodes", SingularName: "node", Kind: "Node"},
		}},
		{GroupVersion: "apps/v1", APIResources: []metav1.APIResource{
			{Name: "deployments", SingularName: "deployment", Kind: "Deployment", Namespaced: true},
		}},
		{GroupVersion: "not/a/version"},
	}
	for name, test := range map[string]struct {
		names   []string
		refused string
	}{
		"none":                   {},
		"plural":                 {names: []string{"services"}},
		"short":                  {names: []string{"svc"}},
		"singular":               {names: []string{"service"}},
		"with group":             {names: []string{"deployments.apps"}},
		"with version and group": {names: []string{"deployments.v1.apps"}},
		"misspelt":               {names: []string{"services", "servces"}, refused: `the cluster has no resource "servces": did you mean "services"?`},
		"another group":          {names: []string{"deployments.batch"}, refused: `the cluster has no resource "deployments.batch"`},
		"like none":              {names: []string{"xyz"}, refused: "the cluster has no resource \"xyz\": see `kubectl api-resources --namespaced`"},
		"subresource":            {names: []string{"services/status"}, refused: `the cluster has no resource "services/status"`},
		"cluster-scoped":         {names: []string{"nodes"}, refused: `"nodes" are in no namespace`},
	} {
		t.Run(name, func(t *testing.T) {
			check.Error(t, checkServed(test.names, lists), test.refused)
		})
	}
}
