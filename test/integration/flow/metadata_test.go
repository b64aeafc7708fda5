package flow

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestLabelsAndAnnotationsOfTheSourceNamespaceAreCopiedByPattern(t *testing.T) {
	w := shared(t)
	source := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name:        w.name("source"),
		Labels:      map[string]string{"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted", "other": "label"},
		Annotations: map[string]string{"example.com/contact": "platform", "other": "annotation", v1alpha1.AnnotationBaseline: v1alpha1.NoBaseline},
	}}
	w.create(source)
	a := configMap("a")
	a.Namespace = source.Name
	w.create(a)
	backup := w.backup(source.Name)
	tests := []struct {
		name string
		edit func(*v1alpha1.BaselineSpec)
		own  string // what the target's own label says afterwards
	}{
		{"an Optional baseline leaves what the target sets", func(*v1alpha1.BaselineSpec) {}, "baseline"},
		{"a Required baseline sets it", func(s *v1alpha1.BaselineSpec) { s.Enforcement = v1alpha1.EnforcementRequired }, "restricted"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, w.Installation)
			key := "team-" + w.suffix
			w.baseline(backup.Name, func(s *v1alpha1.BaselineSpec) {
				s.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{key: "x"}}
				s.NamespaceMetadata = &v1alpha1.NamespaceMetadata{Labels: []string{"pod-security.kubernetes.io/*", "kubernetes.io/*"}, Annotations: []string{"example.com/*", "seedbed.dev/*"}}
				test.edit(s)
			})
			target := labelled(w.name("target"), key, "x")
			target.Labels["pod-security.kubernetes.io/warn"] = "baseline"
			w.create(target)
			w.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
			if err := w.Client.Get(w.ctx(), client.ObjectKeyFromObject(target), target); err != nil {
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
