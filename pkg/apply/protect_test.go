package apply

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/internal/manifest"
)

func TestProtect(t *testing.T) {
	const label = "example.com/protected"
	labelled := func(labels map[string]string) *unstructured.Unstructured {
		live := newDriftCase()
		live.SetLabels(labels)
		return live
	}
	for name, test := range map[string]struct {
		live      *unstructured.Unstructured
		intercept func(call string) *metav1.Status
		// value is set, or remove is removed.
		value, remove string
		want          map[string]string
		fails         bool
		calls         string
	}{
		"it is labelled":                 {live: labelled(map[string]string{"owner": "web"}), value: "web", want: map[string]string{"owner": "web", label: "web"}, calls: "PATCH 200"},
		"it has another value":           {live: labelled(map[string]string{"owner": "web", label: "x"}), value: "web", want: map[string]string{"owner": "web", label: "web"}, calls: "PATCH 200"},
		"the label is removed":           {live: labelled(map[string]string{"owner": "web", label: "web"}), remove: "web", want: map[string]string{"owner": "web"}, calls: "PATCH 200"},
		"another label stays":            {live: labelled(map[string]string{label: "x"}), remove: "web", want: map[string]string{label: "x"}, calls: "PATCH 422"},
		"the label is gone already":      {live: labelled(map[string]string{"owner": "web"}), remove: "web", want: map[string]string{"owner": "web"}, calls: "PATCH 422"},
		"it belongs to another baseline": {live: labelled(map[string]string{"owner": "x"}), value: "web", want: map[string]string{"owner": "x"}, calls: "PATCH 422"},
		"it is gone":                     {value: "web", calls: "PATCH 404"},
		"the object is invalid by now": {
			live: labelled(map[string]string{"owner": "web"}), value: "web", want: map[string]string{"owner": "web"}, fails: true, calls: "PATCH 422",
			intercept: func(string) *metav1.Status {
				status := newStatus(422, metav1.StatusReasonInvalid, "no")
				status.Details = &metav1.StatusDetails{Causes: []metav1.StatusCause{{Field: "data"}}}
				return status
			},
		},
		"the API server refuses it": {
			live: labelled(map[string]string{"owner": "web"}), value: "web", want: map[string]string{"owner": "web"}, fails: true, calls: "PATCH 403",
			intercept: func(string) *metav1.Status { return newStatus(403, metav1.StatusReasonForbidden, "no") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := &objectServer{live: test.live, intercept: test.intercept}
			object := newGoldenObject(t, newDriftCase())
			target := Target{Namespace: "bar", OwnerLabel: "owner", Labels: manifest.NewLabels(map[string]string{"owner": "web"})}
			applier := server.newApplier(t, object.Kind)
			send := func() (bool, error) { return applier.Protect(t.Context(), target, object, label, test.value) }
			if test.remove != "" {
				send = func() (bool, error) {
					return applier.Unprotect(t.Context(), Named{Kind: object.Kind, Namespace: "bar", Name: object.Name}, label, test.remove)
				}
			}
			did, err := send()
			if calls := strings.Join(server.calls, ", "); (err != nil) != test.fails || calls != test.calls || did != strings.HasSuffix(calls, "200") {
				t.Errorf("%t, %v by %s, want %s", did, err, calls, test.calls)
			}
			var got map[string]string
			if server.live != nil {
				got = server.live.GetLabels()
			}
			if len(got) != len(test.want) {
				t.Errorf("labels %v, want %v", got, test.want)
			}
			for key, value := range test.want {
				if got[key] != value {
					t.Errorf("labels %v, want %v", got, test.want)
				}
			}
		})
	}
}

func TestIsProtectable(t *testing.T) {
	for key, want := range map[string]bool{
		"v1/ConfigMap/web": true, "v1/Service/web": true, "v1/ServiceAccount/app": true, "apps/v1/Deployment/web": true, "example.com/v1/Job/x": true,
		"v1/ServiceAccount/default": false, "v1/Pod/web": false, "v1/PersistentVolumeClaim/data": false, "v1/Endpoints/web": false,
		"discovery.k8s.io/v1/EndpointSlice/web": false, "batch/v1/Job/once": false, "apps/v1/ReplicaSet/web": false,
	} {
		steps := strings.Split(key, "/")
		group := ""
		if len(steps) == 4 {
			group, steps = steps[0], steps[1:]
		}
		object := &manifest.Object{Kind: schema.GroupVersionKind{Group: group, Version: steps[0], Kind: steps[1]}, Name: steps[2]}
		if got := IsProtectable(object); got != want {
			t.Errorf("%s: %t", key, got)
		}
	}
}
