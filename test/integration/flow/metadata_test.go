package flow

import (
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestNamespaceMetadataIsCopiedByPattern(t *testing.T) {
	e := sharedInstallation(t)
	source := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name:        e.uniqueName("source"),
		Labels:      map[string]string{"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted", "other": "label"},
		Annotations: map[string]string{"example.com/contact": "platform", "other": "annotation", v1alpha1.AnnotationBaseline: v1alpha1.NoBaseline},
	}}
	e.createObjects(source)
	a := configMap("a")
	a.Namespace = source.Name
	e.createObjects(a)
	backup := e.createBackup(source.Name)
	tests := []struct {
		name string
		edit func(*v1alpha1.BaselineSpec)
		own  string // the target's own label afterwards
	}{
		{"an Optional baseline leaves what the target sets", func(*v1alpha1.BaselineSpec) {}, "baseline"},
		{"a Required baseline sets it", func(s *v1alpha1.BaselineSpec) { s.Enforcement = v1alpha1.EnforcementRequired }, "restricted"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			key := "team-" + e.suffix
			e.createBaseline(backup.Name, func(s *v1alpha1.BaselineSpec) {
				s.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{key: "x"}}
				s.NamespaceMetadata = &v1alpha1.NamespaceMetadata{Labels: []string{"pod-security.kubernetes.io/*", "kubernetes.io/*"}, Annotations: []string{"example.com/*", "seedbed.dev/*"}}
				test.edit(s)
			})
			target := labelledNamespace(e.uniqueName("target"), key, "x")
			target.Labels["pod-security.kubernetes.io/warn"] = "baseline"
			e.createObjects(target)
			e.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
			if err := e.Client.Get(e.ctx(), client.ObjectKeyFromObject(target), target); err != nil {
				t.Fatal(err)
			}
			labels := map[string]string{
				key: "x", corev1.LabelMetadataName: target.Name,
				"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": test.own,
			}
			if diff := cmp.Diff(labels, target.Labels); diff != "" {
				t.Errorf("labels (want, got): %s", diff)
			}
			if diff := cmp.Diff(map[string]string{"example.com/contact": "platform"}, target.Annotations); diff != "" {
				t.Errorf("annotations (want, got): %s", diff)
			}
		})
	}
}

// The last configuration that kubectl applied is a manifest of one namespace: it is never copied, whatever the pattern. The
// target's own, which the cache drops, stays (findings S25).
func TestLastAppliedConfigurationIsNeverCopied(t *testing.T) {
	e := sharedInstallation(t)
	const key, own = "kubectl.kubernetes.io/last-applied-configuration", `{"kind":"Namespace","metadata":{"name":"target"}}`
	source := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name:        e.uniqueName("source"),
		Annotations: map[string]string{key: "{}", "kubectl.kubernetes.io/other": "copied"},
	}}
	a := configMap("a")
	a.Namespace = source.Name
	e.createObjects(source, a)
	label := "applied-" + e.suffix
	e.createBaseline(e.createBackup(source.Name).Name, func(s *v1alpha1.BaselineSpec) {
		s.Enforcement, s.NamespaceSelector = v1alpha1.EnforcementRequired, &metav1.LabelSelector{MatchLabels: map[string]string{label: "x"}}
		s.NamespaceMetadata = &v1alpha1.NamespaceMetadata{Annotations: []string{"kubectl.kubernetes.io/*", key}}
	})
	for name, annotations := range map[string]map[string]string{"with its own": {key: own}, "without one": {}} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			target := labelledNamespace(e.uniqueName("target"), label, "x")
			target.Annotations = annotations
			e.createObjects(target)
			e.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
			if err := e.Client.Get(e.ctx(), client.ObjectKeyFromObject(target), target); err != nil {
				t.Fatal(err)
			}
			if target.Annotations[key] != annotations[key] || target.Annotations["kubectl.kubernetes.io/other"] != "copied" {
				t.Errorf("the annotations are %v, want those of the target and the other one", target.Annotations)
			}
		})
	}
}

// Another webhook that does not know a new namespace yet answers "not found": the labels are still copied, a moment later.
func TestLaggingWebhookDelaysLabels(t *testing.T) {
	e := sharedInstallation(t)
	source := labelledNamespace(e.uniqueName("source"), "team", "payments")
	a := configMap("a")
	a.Namespace = source.Name
	e.createObjects(source, a)
	label := "lagging-" + e.suffix
	e.createBaseline(e.createBackup(source.Name).Name, func(s *v1alpha1.BaselineSpec) {
		s.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{label: "x"}}
		s.NamespaceMetadata = &v1alpha1.NamespaceMetadata{Labels: []string{"team"}}
	})
	target := labelledNamespace(e.uniqueName("target"), label, "x")
	var refused atomic.Bool
	probe := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("probe")}}
	e.reviewWrites("namespaces", probe, func(request *admissionv1.AdmissionRequest) *metav1.Status {
		if request.Name != target.Name || request.Operation != admissionv1.Update || !refused.CompareAndSwap(false, true) {
			return nil
		}
		return &apierrors.NewNotFound(corev1.Resource("namespaces"), request.Name).ErrStatus
	}, admissionregistrationv1.Create, admissionregistrationv1.Update)
	e.createObjects(target)
	e.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	if err := e.Client.Get(e.ctx(), client.ObjectKeyFromObject(target), target); err != nil {
		t.Fatal(err)
	}
	if target.Labels["team"] != "payments" || !refused.Load() {
		t.Errorf("the labels are %v, want the team; refused: %v", target.Labels, refused.Load())
	}
}
