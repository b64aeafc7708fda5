package audit

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply/merge"
	"seedbed.dev/seedbed/pkg/internal/manifest"
)

func TestIgnoredFieldsAndObjects(t *testing.T) {
	web := &manifest.Object{Kind: schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}, Name: "web", Key: "deployments.apps/web"}
	image := merge.Path{{Name: "spec"}, {Name: "template"}, {Name: "spec"}, {Name: "containers"}, {Name: "app", Item: true}, {Name: "image"}}
	label := merge.Path{{Name: "metadata"}, {Name: "labels"}, {Name: "example.com/a"}}
	tests := map[string]struct {
		rule          v1alpha1.DriftIgnoreRule
		path          merge.Path
		object, field bool
	}{
		"the field":                     {rule: v1alpha1.DriftIgnoreRule{Group: "apps", Kind: "Deployment", Paths: []string{"/spec/template/spec/containers/app/image"}}, path: image, field: true},
		"a field above":                 {rule: v1alpha1.DriftIgnoreRule{Group: "apps", Kind: "Deployment", Name: "web", Paths: []string{"/spec/template/"}}, path: image, field: true},
		"a field of a longer name":      {rule: v1alpha1.DriftIgnoreRule{Group: "apps", Kind: "Deployment", Paths: []string{"/spec/temp"}}, path: image},
		"a field below":                 {rule: v1alpha1.DriftIgnoreRule{Group: "apps", Kind: "Deployment", Paths: []string{"/spec/template/spec/containers/app/image/tag"}}, path: image},
		"a key that is escaped":         {rule: v1alpha1.DriftIgnoreRule{Group: "apps", Kind: "Deployment", Paths: []string{"/metadata/labels/example.com~1a"}}, path: label, field: true},
		"the object":                    {rule: v1alpha1.DriftIgnoreRule{Group: "apps", Kind: "Deployment"}, path: image, object: true},
		"an object of another name":     {rule: v1alpha1.DriftIgnoreRule{Group: "apps", Kind: "Deployment", Name: "api"}, path: image},
		"an object of another group":    {rule: v1alpha1.DriftIgnoreRule{Kind: "Deployment", Paths: []string{"/spec"}}, path: image},
		"a field of an ignored object":  {rule: v1alpha1.DriftIgnoreRule{Group: "apps", Kind: "Deployment", Name: "web"}, path: label, object: true},
		"a field of another kind's":     {rule: v1alpha1.DriftIgnoreRule{Group: "apps", Kind: "StatefulSet", Paths: []string{"/"}}, path: image},
		"all fields, by the root alone": {rule: v1alpha1.DriftIgnoreRule{Group: "apps", Kind: "Deployment", Paths: []string{"/"}}, path: image, field: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			rules := Ignored{test.rule}
			if got := rules.isIgnored(web); got != test.object {
				t.Errorf("the object is ignored: %t, want %t", got, test.object)
			}
			fields := rules.FieldsOf(web)
			if got := fields != nil && fields(test.path); got != test.field {
				t.Errorf("%s is ignored: %t, want %t", test.path, got, test.field)
			}
		})
	}
}
