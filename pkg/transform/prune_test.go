package transform

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestWhyNeverPruned(t *testing.T) {
	for name, test := range map[string]struct {
		kind   schema.GroupKind
		object string
		want   string
	}{
		"a ConfigMap":                {configMapKind, "web", ""},
		"a Deployment":               {deploymentKind, "web", ""},
		"a NetworkPolicy":            {networkPolicyKind, "web", ""},
		"a ServiceAccount":           {serviceAccountKind, "web", ""},
		"the default ServiceAccount": {serviceAccountKind, "default", "is in every namespace"},
		"a PersistentVolumeClaim":    {pvcKind, "web", "holds data"},
		"a custom resource":          {schema.GroupKind{Group: "example.com", Kind: "Bucket"}, "web", "is a custom resource, which may stand for things outside of the cluster"},
		"one with a group like ours": {schema.GroupKind{Group: "gateway.networking.k8s.io", Kind: "HTTPRoute"}, "web", "is a custom resource, which may stand for things outside of the cluster"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := WhyNeverPruned(test.kind, test.object); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
