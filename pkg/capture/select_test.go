package capture

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// oneLetter suggests a name that has one more letter at the end.
func oneLetter(name string, known []string) (string, bool) {
	for _, candidate := range known {
		if candidate[:len(candidate)-1] == name {
			return candidate, true
		}
	}
	return "", false
}

func TestSelectResources(t *testing.T) {
	const all = "configmaps deployments.apps pods secrets services services.example.com svc.example.com widgets.example.com"
	tests := map[string]struct {
		included, excluded []string
		failed             []string
		want               string
		warnings, errors   []string
	}{
		"everything":                 {want: all},
		"a star":                     {included: []string{"services", "*"}, want: all},
		"some":                       {included: []string{"deploy", "cm"}, want: "configmaps deployments.apps"},
		"one by two names":           {included: []string{"deploy", "deployments.apps"}, want: "deployments.apps"},
		"a name of two groups":       {included: []string{"services"}, want: "services"},
		"all but some":               {excluded: []string{"secret", "svc", "widgets.example.com", "pods"}, want: "configmaps deployments.apps services services.example.com"},
		"all but a name of two":      {excluded: []string{"services"}, want: "configmaps deployments.apps pods secrets svc.example.com widgets.example.com"},
		"included and excluded":      {included: []string{"cm", "secrets"}, excluded: []string{"secrets"}, want: "configmaps"},
		"nothing is left":            {excluded: []string{"*"}},
		"excluding what is not kept": {included: []string{"cm"}, excluded: []string{"events", "ns"}, want: "configmaps"},
		"unknown":                    {included: []string{"cm", "service.apps"}, want: "configmaps", errors: []string{`includedResources: "service.apps" is no resource of this cluster`}},
		"unknown, but near":          {included: []string{"deployments.app"}, errors: []string{`includedResources: "deployments.app" is no resource of this cluster: did you mean "deployments.apps"?`}},
		"unknown to exclude": {included: []string{"cm"}, excluded: []string{"secret-s", "widgets.example.co"}, want: "configmaps", warnings: []string{
			`excludedResources: "secret-s" excludes nothing, it is no resource of this cluster`,
			`excludedResources: "widgets.example.co" excludes nothing, it is no resource of this cluster: did you mean "widgets.example.com"?`,
		}},
		"events by name": {included: []string{"events", "cm"}, want: "configmaps", errors: []string{`includedResources: "events" is not backed up: events expire and describe only their own namespace`}},
		"cluster-scoped": {included: []string{"ns"}, errors: []string{`includedResources: "ns" is not backed up: it is cluster-scoped, and a backup holds objects of namespaces`}},
		"a group fails": {failed: []string{"broken.example.com/v1"}, want: all, errors: []string{
			"the API server has no answer from broken.example.com/v1, so that none of its objects are in this backup: no endpoints",
		}},
		"metrics fail":             {failed: []string{"metrics.k8s.io/v1beta1", "custom.metrics.k8s.io/v1"}, want: all, warnings: []string{"the API server has no answer from custom.metrics.k8s.io/v1: no endpoints", "the API server has no answer from metrics.k8s.io/v1beta1: no endpoints"}},
		"a group fails, others do": {included: []string{"configmaps"}, failed: []string{"broken.example.com/v1"}, want: "configmaps", warnings: []string{"the API server has no answer from broken.example.com/v1"}},
		"a group fails that may be meant": {included: []string{"cm"}, failed: []string{"broken.example.com/v1"}, warnings: []string{"the API server has no answer from broken.example.com/v1"},
			errors: []string{`includedResources: the API server has no answer from broken.example.com/v1, which may have a resource of the name "cm" too: write it with its group, as in "configmaps.v1."`}},
		"a group fails that is meant": {included: []string{"configmaps", "gizmos.broken.example.com"}, failed: []string{"broken.example.com/v1"}, want: "configmaps",
			warnings: []string{"the API server has no answer from broken.example.com/v1"},
			errors:   []string{`includedResources: "gizmos.broken.example.com" is no resource that is known now: the API server has no answer from broken.example.com/v1`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			spec := &v1alpha1.BaselineBackupSpec{IncludedResources: test.included, ExcludedResources: test.excluded}
			got := catalogOf(t, test.failed...).selectResources(spec, oneLetter)
			if names := namesOf(got.resources); names != test.want {
				t.Errorf("got %s\nwant %s", names, test.want)
			}
			if diff := cmp.Diff(test.warnings, got.warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.errors, got.errors); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSelectResourcesWithoutSuggestions(t *testing.T) {
	got := catalogOf(t).selectResources(&v1alpha1.BaselineBackupSpec{IncludedResources: []string{"secret-"}}, nil)
	if len(got.errors) != 1 || strings.Contains(got.errors[0], "did you mean") {
		t.Errorf("got %q", got.errors)
	}
}
