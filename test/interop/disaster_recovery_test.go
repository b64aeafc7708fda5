//go:build interop

package interop

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// A namespace that was populated, changed by its tenant, backed up by Velero and deleted is restored as the tenant left it.
func TestVeleroRestoresTenantNamespace(t *testing.T) {
	e := newEnv(t)
	v := startVelero(t, e)
	web := []client.Object{newConfigMap("settings"), newService("front"), newService("back")}
	for i := range 30 { // so that the restore takes a realistic time
		web = append(web, newConfigMap(fmt.Sprintf("settings-%02d", i)))
	}
	e.createBaseline(t, "web", v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods, ExistingResources: v1alpha1.ExistingResourcesUpdate}, web...)
	e.createBaseline(t, "guard", v1alpha1.BaselineSpec{
		Enforcement: v1alpha1.EnforcementRequired, NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"guarded": "yes"}},
	}, newConfigMap("guard"))
	for _, policy := range []string{"none", "update"} {
		t.Run("existing resources "+policy, func(t *testing.T) { restoreTenant(t, e, v, "tenant-"+policy, policy) })
	}
}

func restoreTenant(t *testing.T, e *env, v *velero, tenant, policy string) {
	e.createObjects(t, newTenantNamespace(tenant))
	e.awaitReady(t, tenant)
	settings, guard := inNamespace(newConfigMap("settings"), tenant), inNamespace(newConfigMap("guard"), tenant)
	e.updateObject(t, settings, func() { settings.Data["key"] = "the tenant's" })
	e.updateObject(t, guard, func() { guard.Data["key"] = "the tenant's" }) // of a Required baseline
	byHand := newManualRestore(tenant)
	e.createObjects(t, newPod(tenant), inNamespace(newConfigMap("own"), tenant), byHand)
	e.requireEventually(t, func(ctx context.Context) error {
		if err := e.Client.Get(ctx, client.ObjectKeyFromObject(byHand), byHand); err != nil {
			return err
		}
		if byHand.Labels[v1alpha1.LabelExcludeFromBackup] != "true" {
			return fmt.Errorf("the restore by hand has the labels %v", byHand.Labels)
		}
		return nil
	})
	if err := e.Client.Delete(t.Context(), inNamespace(newService("back"), tenant)); err != nil {
		t.Fatal(err)
	}
	v.runVelero(t, "backup", "create", tenant, "--include-namespaces", tenant, "--wait")
	if backup := v.getResult(t, "Backup", tenant); phaseOf(backup) != "Completed" {
		t.Fatalf("Velero's backup: %v", backup.Object["status"])
	}
	for _, entry := range v.listArchive(t, tenant) {
		if strings.Contains(entry, "/baselinerecords.") || strings.Contains(entry, "/baselinerestores.") {
			t.Errorf("Velero backed up %s", entry)
		}
	}
	e.deleteNamespace(t, tenant)

	reasons := e.recordReadyReasons(t, tenant)
	v.runVelero(t, "restore", "create", tenant, "--from-backup", tenant, "--existing-resource-policy", policy, "--wait")
	e.awaitReady(t, tenant)
	restore := v.getResult(t, "Restore", tenant)
	t.Logf("Velero's restore is %s with %d errors and %d warnings; BaselineReady was %v", phaseOf(restore), countOf(restore, "errors"), countOf(restore, "warnings"), reasons())
	if phaseOf(restore) != "Completed" || countOf(restore, "errors") != 0 {
		t.Errorf("Velero's restore: %v", restore.Object["status"])
	}
	e.requireConfigMap(t, tenant, "settings", "the tenant's")
	e.requireConfigMap(t, tenant, "own", "value of own")
	e.requireConfigMap(t, tenant, "guard", "value of guard")
	for what, object := range map[string]client.Object{
		"the pod that Velero restored": newPod(tenant), "the gap that the baseline fills": inNamespace(newService("back"), tenant),
		"a Service of the tenant": inNamespace(newService("front"), tenant),
	} {
		if err := e.Client.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got := strings.Join(reasons(), " "); !strings.Contains(got, v1alpha1.ReasonVeleroRestoring) {
		t.Errorf("the namespace did not wait: BaselineReady was %q", got)
	}
	e.requireSecondAttempt(t, tenant)
}

// requireSecondAttempt fails the test unless the Required baseline was restored at once and again after Velero had ended.
func (e *env) requireSecondAttempt(t *testing.T, tenant string) {
	t.Helper()
	record := &v1alpha1.BaselineRecord{}
	if err := e.Client.Get(t.Context(), client.ObjectKey{Namespace: tenant, Name: "guard"}, record); err != nil {
		t.Fatal(err)
	}
	if record.Result.Attempts != 2 || record.Result.Provisional {
		t.Errorf("the Required baseline's result is %+v, want that of the second attempt", record.Result)
	}
}

func newConfigMap(name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: map[string]string{"key": "value of " + name}}
}

func newService(name string) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       corev1.ServiceSpec{Selector: map[string]string{"app": name}, Ports: []corev1.ServicePort{{Port: 80}}},
	}
}

func newTenantNamespace(name string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: name, Labels: map[string]string{"guarded": "yes"}, Annotations: map[string]string{v1alpha1.AnnotationBaseline: "web"},
	}}
}

func newPod(namespace string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "main"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "example.com/main"}}},
	}
}

func newManualRestore(namespace string) *v1alpha1.BaselineRestore {
	return &v1alpha1.BaselineRestore{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "by-hand"},
		Spec:       v1alpha1.BaselineRestoreSpec{Backup: "guard"},
	}
}

// inNamespace sets an object's namespace and returns it.
func inNamespace[T client.Object](object T, namespace string) T {
	object.SetNamespace(namespace)
	return object
}

func (e *env) requireConfigMap(t *testing.T, namespace, name, value string) {
	t.Helper()
	found := inNamespace(newConfigMap(name), namespace)
	if err := e.Client.Get(t.Context(), client.ObjectKeyFromObject(found), found); err != nil {
		t.Error(err)
		return
	}
	if found.Data["key"] != value {
		t.Errorf("ConfigMap %s has %q, want %q", name, found.Data["key"], value)
	}
}

// deleteNamespace deletes a namespace and waits until it is gone.
func (e *env) deleteNamespace(t *testing.T, name string) {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if err := e.Client.Delete(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	e.requireEventually(t, func(ctx context.Context) error {
		if err := e.Client.Get(ctx, client.ObjectKey{Name: name}, namespace); !apierrors.IsNotFound(err) {
			return fmt.Errorf("namespace %s is still there: %w", name, err)
		}
		return nil
	})
}

// recordReadyReasons watches a namespace's condition BaselineReady. The returned function returns the reasons so far.
func (e *env) recordReadyReasons(t *testing.T, name string) func() []string {
	t.Helper()
	clients, err := kubernetes.NewForConfig(e.Cluster.Config())
	if err != nil {
		t.Fatal(err)
	}
	watcher, err := clients.CoreV1().Namespaces().Watch(t.Context(), metav1.ListOptions{FieldSelector: "metadata.name=" + name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(watcher.Stop)
	var mu sync.Mutex
	var reasons []string
	go func() {
		for event := range watcher.ResultChan() {
			namespace, ok := event.Object.(*corev1.Namespace)
			if !ok {
				return
			}
			ready := v1alpha1.FindNamespaceCondition(namespace.Status.Conditions, v1alpha1.ConditionBaselineReady)
			mu.Lock()
			if ready != nil && (len(reasons) == 0 || reasons[len(reasons)-1] != ready.Reason) {
				reasons = append(reasons, ready.Reason)
			}
			mu.Unlock()
		}
	}()
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), reasons...)
	}
}

// listArchive returns the entries of a backup in versitygw's directory.
func (v *velero) listArchive(t *testing.T, backup string) []string {
	t.Helper()
	file, err := os.Open(filepath.Join(v.bucket, "backups", backup, backup+".tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var entries []string
	for reader := tar.NewReader(unzipped); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return entries
		}
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, header.Name)
	}
}
