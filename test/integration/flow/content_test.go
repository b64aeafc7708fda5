package flow

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/archive"
	"seedbed.dev/seedbed/pkg/capture"
	"seedbed.dev/seedbed/pkg/store"
	"seedbed.dev/seedbed/test/seedbed"
)

// newArchive returns an archive of these objects, given as JSON by "resource/namespace/name". The namespace is empty for a
// cluster-scoped object.
func (e *env) newArchive(objects map[string]string) []byte {
	e.t.Helper()
	var content bytes.Buffer
	writer, err := archive.NewWriter(&content)
	if err != nil {
		e.t.Fatal(err)
	}
	for _, key := range slices.Sorted(maps.Keys(objects)) {
		parts := strings.SplitN(key, "/", 3)
		item := archive.Item{Resource: parts[0], Namespace: parts[1], Name: parts[2], Content: []byte(objects[key])}
		if err := writer.Add(item); err != nil {
			e.t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		e.t.Fatal(err)
	}
	return content.Bytes()
}

// adoptContent stores content that no capture made, as a user who may write to Seedbed's namespace could, and creates the
// BaselineBackup that adopts it.
func (e *env) adoptContent(source string, content []byte) *v1alpha1.BaselineBackup {
	e.t.Helper()
	backup := &v1alpha1.BaselineBackup{
		ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("backup")},
		Spec:       v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{source}},
	}
	summary, err := json.Marshal(capture.Summary{FormatVersion: archive.FormatVersion, Items: 1})
	if err != nil {
		e.t.Fatal(err)
	}
	meta := map[string]string{"selection": capture.SelectionHash(&backup.Spec), "summary": string(summary)}
	if _, err := e.contentStore().Put(e.ctx(), backup.Name, meta, content); err != nil {
		e.t.Fatal(err)
	}
	e.createObjects(backup)
	e.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseCompleted)
	return backup
}

// contentStore returns the installation's own store.
func (e *env) contentStore() *store.Secrets {
	e.t.Helper()
	c, err := kubernetes.NewForConfig(e.Cluster.Config())
	if err != nil {
		e.t.Fatal(err)
	}
	return store.NewSecrets(c, seedbed.Namespace)
}

// listStored lists the Secrets that hold a backup: its index and its chunks.
func (e *env) listStored(backup string) []corev1.Secret {
	e.t.Helper()
	var secrets corev1.SecretList
	err := e.Client.List(e.ctx(), &secrets, client.InNamespace(seedbed.Namespace), client.MatchingLabels{v1alpha1.LabelBackup: backup})
	if err != nil {
		e.t.Fatal(err)
	}
	return secrets.Items
}

// listChunks lists those of a backup's Secrets that hold its content.
func (e *env) listChunks(backup string) []corev1.Secret {
	e.t.Helper()
	return slices.DeleteFunc(e.listStored(backup), func(s corev1.Secret) bool { return s.Labels["seedbed.dev/part"] != "chunk" })
}
