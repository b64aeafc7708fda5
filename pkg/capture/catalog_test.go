package capture

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
)

var verbs = metav1.Verbs{"create", "delete", "get", "list", "watch"}

// servedResources returns the resources of a cluster, in discovery's order of groups.
func servedResources() []*metav1.APIResourceList {
	return []*metav1.APIResourceList{
		{GroupVersion: "v1", APIResources: []metav1.APIResource{
			{Name: "services", SingularName: "service", ShortNames: []string{"svc"}, Kind: "Service", Namespaced: true, Verbs: verbs},
			{Name: "configmaps", SingularName: "configmap", ShortNames: []string{"cm"}, Kind: "ConfigMap", Namespaced: true, Verbs: verbs},
			{Name: "secrets", SingularName: "secret", Kind: "Secret", Namespaced: true, Verbs: verbs},
			{Name: "namespaces", SingularName: "namespace", ShortNames: []string{"ns"}, Kind: "Namespace", Verbs: verbs},
			{Name: "events", SingularName: "event", ShortNames: []string{"ev"}, Kind: "Event", Namespaced: true, Verbs: verbs},
			{Name: "bindings", SingularName: "binding", Kind: "Binding", Namespaced: true, Verbs: metav1.Verbs{"create"}},
			{Name: "pods", SingularName: "pod", ShortNames: []string{"po"}, Kind: "Pod", Namespaced: true, Verbs: verbs},
		}},
		{GroupVersion: "apps/v1", APIResources: []metav1.APIResource{
			{Name: "deployments", SingularName: "deployment", ShortNames: []string{"deploy"}, Kind: "Deployment", Namespaced: true, Verbs: verbs},
		}},
		{GroupVersion: "events.k8s.io/v1", APIResources: []metav1.APIResource{
			{Name: "events", SingularName: "event", ShortNames: []string{"ev"}, Kind: "Event", Namespaced: true, Verbs: verbs},
		}},
		{GroupVersion: "example.com/v1", APIResources: []metav1.APIResource{
			// No singular name, as from old API servers, and the plural equals another group's short name.
			{Name: "svc", Kind: "SVC", Namespaced: true, Verbs: verbs},
			{Name: "services", SingularName: "service", ShortNames: []string{"xsvc"}, Kind: "Service", Namespaced: true, Verbs: verbs},
			{Name: "widgets", ShortNames: []string{"wd"}, Kind: "Widget", Namespaced: true, Verbs: verbs},
		}},
		{GroupVersion: "metrics.k8s.io/v1beta1", APIResources: []metav1.APIResource{
			{Name: "pods", Kind: "PodMetrics", Namespaced: true, Verbs: metav1.Verbs{"get", "list"}},
		}},
		{GroupVersion: "seedbed.dev/v1alpha1", APIResources: []metav1.APIResource{
			{Name: "baselinerestores", SingularName: "baselinerestore", ShortNames: []string{"brs"}, Kind: "BaselineRestore", Namespaced: true, Verbs: verbs},
			{Name: "baselines", SingularName: "baseline", ShortNames: []string{"bl"}, Kind: "Baseline", Verbs: verbs},
		}},
	}
}

func catalogOf(t *testing.T, failed ...string) catalog {
	t.Helper()
	var err error
	if len(failed) > 0 {
		partial := &discovery.ErrGroupDiscoveryFailed{Groups: map[schema.GroupVersion]error{}}
		for _, group := range failed {
			version, parsing := schema.ParseGroupVersion(group)
			if parsing != nil {
				t.Fatal(parsing)
			}
			partial.Groups[version] = errors.New("no endpoints")
		}
		err = fmt.Errorf("wrapped: %w", partial)
	}
	c, err := newCatalog(servedResources(), err)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func namesOf(resources []resource) string {
	names := make([]string, 0, len(resources))
	for _, r := range resources {
		names = append(names, r.name())
	}
	return strings.Join(names, " ")
}

func TestAllCapturableLeavesOutExcluded(t *testing.T) {
	want := "configmaps pods secrets services deployments.apps services.example.com svc.example.com widgets.example.com"
	if got := namesOf(catalogOf(t).allCapturable()); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestExclusionReason(t *testing.T) {
	tests := map[string]string{
		"services":                       "",
		"deployments.apps":               "",
		"widgets.example.com":            "",
		"namespaces":                     "cluster-scoped",
		"bindings":                       "cannot be listed",
		"pods.metrics.k8s.io":            "cannot be created",
		"events":                         "events expire",
		"events.events.k8s.io":           "events expire",
		"baselinerestores.seedbed.dev":   "Seedbed's own",
		"baselines.v1alpha1.seedbed.dev": "cluster-scoped",
	}
	c := catalogOf(t)
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			matches := c.matchName(name)
			if len(matches) == 0 {
				t.Fatal("it is not in the catalog")
			}
			got := matches[0].exclusionReason()
			if (got == "") != (want == "") || !strings.Contains(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestNewCatalogReturnsDiscoveryErrors(t *testing.T) {
	down := errors.New("connection refused")
	if _, err := newCatalog(nil, down); !errors.Is(err, down) {
		t.Errorf("got %v, want discovery's error", err)
	}
	if _, err := newCatalog([]*metav1.APIResourceList{{GroupVersion: "a/b/c"}}, nil); err == nil {
		t.Error("a group version of three parts was taken")
	}
}
