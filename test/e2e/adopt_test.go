//go:build e2e

package e2e

import (
	"context"
	"errors"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// removeAll removes the CRDs too, and with them every baseline, backup and record. Nothing holds them up, nor a namespace.
func removeAll(t *testing.T, w *world) {
	w.helmUninstall(t)
	began := time.Now()
	for _, resource := range resources {
		if err := w.Delete(w.context(t), definitionOf(resource)); err != nil {
			t.Fatal(err)
		}
	}
	w.eventually(t, func(ctx context.Context) error {
		var problems []error
		for _, resource := range resources {
			definition := definitionOf(resource)
			problems = append(problems, gone(w.Get(ctx, client.ObjectKeyFromObject(definition), definition)))
		}
		return errors.Join(problems...)
	})
	t.Logf("the CRDs were gone %s after their deletion", time.Since(began).Round(time.Millisecond))
	w.create(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.name("all-removed")}})
}

// gone turns the error of a read into whether nothing is there.
func gone(err error) error {
	switch {
	case err == nil:
		return errors.New("it is still there")
	case apierrors.IsNotFound(err):
		return nil
	default:
		return err
	}
}

// adopt finds the content that the first installation stored, and not what the source has become.
func adopt(t *testing.T, w *world) {
	settings := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.name("source"), Name: "settings"}, Data: map[string]string{"colour": "red"}}
	if err := w.Update(w.context(t), settings); err != nil {
		t.Fatal(err)
	}
	w.helmInstall(t)
	w.awaitPods(t)
	w.createBaseline(t)
	w.createPopulated(t, w.asking("adopted", baseline))
}

// createBaseline makes the backup of the source namespace and the baseline.
func (w *world) createBaseline(t *testing.T) {
	t.Helper()
	source := w.name("source")
	w.must(t, "seedbed", "backup", "create", backup, "--include-namespaces", source, "--wait")
	says(t, w.must(t, "seedbed", "backup", "describe", backup), "Completed", "1.1.0", source)
	w.must(t, "seedbed", "baseline", "create", baseline, "--backup", backup, "--namespace-selector", teamLabel+"="+w.run, "--wait")
}
