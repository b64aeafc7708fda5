package plan

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/transform"
)

func TestSelection(t *testing.T) {
	var objects []transform.Object
	for _, key := range []string{"services/web", "deployments.apps/web", "deployments.example.com/old", "configmaps/site"} {
		resource, name, _ := strings.Cut(key, "/")
		content := &unstructured.Unstructured{Object: map[string]any{}}
		content.SetName(name)
		content.SetLabels(map[string]string{"app": name})
		objects = append(objects, transform.Object{Resource: schema.ParseGroupResource(resource), Content: content})
	}
	app := func(name string) *metav1.LabelSelector {
		return &metav1.LabelSelector{MatchLabels: map[string]string{"app": name}}
	}
	for name, test := range map[string]struct {
		spec      v1alpha1.RestoreSelection
		want      []string
		unmatched []string
		err       string
	}{
		"everything":                   {want: []string{"services/web", "deployments.apps/web", "deployments.example.com/old", "configmaps/site"}},
		"everything by its name":       {spec: v1alpha1.RestoreSelection{IncludedResources: []string{"services", "*"}}, want: []string{"services/web", "deployments.apps/web", "deployments.example.com/old", "configmaps/site"}},
		"one resource":                 {spec: v1alpha1.RestoreSelection{IncludedResources: []string{"Services"}}, want: []string{"services/web"}},
		"a name of two groups":         {spec: v1alpha1.RestoreSelection{IncludedResources: []string{"deployments"}}, want: []string{"deployments.apps/web", "deployments.example.com/old"}},
		"a name with its group":        {spec: v1alpha1.RestoreSelection{IncludedResources: []string{"deployments.apps"}}, want: []string{"deployments.apps/web"}},
		"all but one":                  {spec: v1alpha1.RestoreSelection{ExcludedResources: []string{"deployments"}}, want: []string{"services/web", "configmaps/site"}},
		"excluded wins":                {spec: v1alpha1.RestoreSelection{IncludedResources: []string{"services", "configmaps"}, ExcludedResources: []string{"configmaps"}}, want: []string{"services/web"}},
		"by label":                     {spec: v1alpha1.RestoreSelection{LabelSelector: app("web")}, want: []string{"services/web", "deployments.apps/web"}},
		"by label and resource":        {spec: v1alpha1.RestoreSelection{IncludedResources: []string{"services"}, LabelSelector: app("web")}, want: []string{"services/web"}},
		"a name of nothing":            {spec: v1alpha1.RestoreSelection{IncludedResources: []string{"services", "svc"}, ExcludedResources: []string{"secrets"}}, want: []string{"services/web"}, unmatched: []string{"svc", "secrets"}},
		"nothing":                      {spec: v1alpha1.RestoreSelection{IncludedResources: []string{"svc"}}, unmatched: []string{"svc"}, err: "selection: nothing of the backup is selected: it holds configmaps, deployments.apps, deployments.example.com, services"},
		"everything excluded":          {spec: v1alpha1.RestoreSelection{ExcludedResources: []string{"*"}}, err: "selection: nothing of the backup is selected: it holds configmaps, deployments.apps, deployments.example.com, services"},
		"a label that nothing has":     {spec: v1alpha1.RestoreSelection{LabelSelector: app("x")}, err: "selection: nothing of the backup is selected: it holds configmaps, deployments.apps, deployments.example.com, services"},
		"a selector that cannot parse": {spec: v1alpha1.RestoreSelection{LabelSelector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Near"}}}}, err: `selection: labelSelector: "Near" is not a valid label selector operator`},
	} {
		t.Run(name, func(t *testing.T) {
			selection, err := NewSelection(&test.spec)
			var got, unmatched []string
			if err == nil {
				got, unmatched, err = selectFrom(selection, objects)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("selected (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.unmatched, unmatched); diff != "" {
				t.Errorf("names of nothing (-want +got):\n%s", diff)
			}
			if test.err == "" && err != nil || test.err != "" && (!errors.Is(err, ErrSelection) || err.Error() != test.err) {
				t.Errorf("error %v, want %q", err, test.err)
			}
		})
	}
}

func selectFrom(selection Selection, objects []transform.Object) (selected, unmatched []string, err error) {
	selector, err := selection.newSelector()
	if err != nil {
		return nil, nil, err
	}
	for _, object := range objects {
		if selector.selects(object) {
			selected = append(selected, object.Resource.String()+"/"+object.Content.GetName())
		}
	}
	unmatched, err = selector.unmatchedNames()
	return selected, unmatched, err
}

// Equal selections are equal values: the cache of plans relies on it.
func TestEqualSelectionsAreOneKey(t *testing.T) {
	a, errA := NewSelection(&v1alpha1.RestoreSelection{IncludedResources: []string{"b", "a", "A"}})
	b, errB := NewSelection(&v1alpha1.RestoreSelection{IncludedResources: []string{"a", "b"}})
	none, errNone := NewSelection(&v1alpha1.RestoreSelection{IncludedResources: []string{"*"}, LabelSelector: &metav1.LabelSelector{}})
	if err := errors.Join(errA, errB, errNone); err != nil || a != b || none != (Selection{}) {
		t.Errorf("%+v, %+v, %+v, %v", a, b, none, err)
	}
}
