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

// testRemoveCRDs deletes the CRDs, and with them every baseline, backup and record. No finalizer may block that, nor a namespace.
func testRemoveCRDs(t *testing.T, e *env) {
	e.helmUninstall(t)
	began := time.Now()
	for _, resource := range resources {
		if err := e.Delete(e.newContext(t), crdOf(resource)); err != nil {
			t.Fatal(err)
		}
	}
	e.requireEventually(t, func(ctx context.Context) error {
		var problems []error
		for _, resource := range resources {
			definition := crdOf(resource)
			problems = append(problems, checkNotFound(e.Get(ctx, client.ObjectKeyFromObject(definition), definition)))
		}
		return errors.Join(problems...)
	})
	t.Logf("the CRDs were gone %s after their deletion", time.Since(began).Round(time.Millisecond))
	e.createObjects(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: e.runName("all-removed")}})
}

// checkNotFound returns nil for a NotFound error, and an error otherwise.
func checkNotFound(err error) error {
	switch {
	case err == nil:
		return errors.New("it is still there")
	case apierrors.IsNotFound(err):
		return nil
	default:
		return err
	}
}

// testAdoptStoredContent restores the content that the first installation stored, although the source has changed since.
func testAdoptStoredContent(t *testing.T, e *env) {
	settings := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: e.runName("source"), Name: "settings"}, Data: map[string]string{"colour": "red"}}
	if err := e.Update(e.newContext(t), settings); err != nil {
		t.Fatal(err)
	}
	e.helmInstall(t)
	e.awaitPods(t)
	e.createSourceBaseline(t)
	e.createPopulated(t, e.newAskingNamespace("adopted", baseline))
}

// createSourceBaseline creates the backup of the source namespace and its baseline.
func (e *env) createSourceBaseline(t *testing.T) {
	t.Helper()
	source := e.runName("source")
	e.mustRun(t, "seedbed", "backup", "create", backup, "--include-namespaces", source, "--wait")
	requireContains(t, e.mustRun(t, "seedbed", "backup", "describe", backup), "Completed", "1.1.0", source)
	e.mustRun(t, "seedbed", "baseline", "create", baseline, "--backup", backup, "--namespace-selector", teamLabel+"="+e.run, "--wait")
}
