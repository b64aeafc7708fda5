//go:build bench

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
)

// benchLabel marks the counted objects; the controller manager's own ConfigMaps lack it.
const benchLabel = "bench"

// baselineName returns the name of the backup and the baseline of this number of objects.
func baselineName(size int) string { return fmt.Sprintf("bench-%d", size) }

func sourceName(size int) string { return fmt.Sprintf("bench-source-%d", size) }

// newObject returns the i-th object: a ConfigMap of about half a kilobyte, as configuration is.
func newObject(size, i int, labels map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: metav1.ObjectMeta{
			Name: fmt.Sprintf("settings-%03d", i), Labels: labels,
		},
		Data: map[string]string{
			"number":   fmt.Sprintf("%d of %d", i, size),
			"log":      "level: info\nformat: json\n",
			"features": strings.Repeat("feature-of-the-platform=enabled\n", 10),
		},
	}
}

// encodeBodies returns the bodies of the floor's requests: those of Seedbed's plan of the same objects.
func encodeBodies(size int) ([][]byte, error) {
	labels := map[string]string{
		benchLabel: "object", v1alpha1.LabelBackup: baselineName(size), v1alpha1.LabelBaseline: baselineName(size),
	}
	var out [][]byte
	for i := range size {
		body, err := json.Marshal(newObject(size, i, labels))
		if err != nil {
			return nil, err
		}
		out = append(out, body)
	}
	return out, nil
}

// prepareBaseline creates a source namespace of this number of objects, its backup and a baseline of it.
func (b *bench) prepareBaseline(ctx context.Context, size int) error {
	source, name := sourceName(size), baselineName(size)
	objects := []client.Object{&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: source}}}
	for i := range size {
		each := newObject(size, i, map[string]string{benchLabel: "object"})
		each.Namespace = source
		objects = append(objects, each)
	}
	objects = append(objects, &v1alpha1.BaselineBackup{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{source}, IncludedResources: []string{"configmaps"}},
	})
	for _, each := range objects {
		if err := b.installation.Client.Create(ctx, each); err != nil {
			return err
		}
	}
	backup := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if err := b.awaitReady(ctx, backup, &backup.Status.Conditions); err != nil {
		return err
	}
	baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.BaselineSpec{Backup: name}}
	if b.gate {
		baseline.Spec.Gate = v1alpha1.GatePods
	}
	if err := b.installation.Client.Create(ctx, baseline); err != nil {
		return err
	}
	return b.awaitReady(ctx, baseline, &baseline.Status.Conditions)
}

func (b *bench) awaitReady(ctx context.Context, object client.Object, conditions *[]metav1.Condition) error {
	return cluster.Eventually(ctx, func(ctx context.Context) error {
		if err := b.installation.Client.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		for _, condition := range *conditions {
			if condition.Type == v1alpha1.ConditionReady && condition.Status == metav1.ConditionTrue {
				return nil
			}
		}
		return fmt.Errorf("%T %s is not Ready: %v", object, object.GetName(), *conditions)
	})
}
