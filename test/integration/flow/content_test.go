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

// archive writes objects, as JSON by "resource/namespace/name", into an archive. The namespace is empty for a
// cluster-scoped object.
func (w *world) archive(objects map[string]string) []byte {
	w.t.Helper()
	var content bytes.Buffer
	writer, err := archive.NewWriter(&content)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, key := range slices.Sorted(maps.Keys(objects)) {
		parts := strings.SplitN(key, "/", 3)
		item := archive.Item{Resource: parts[0], Namespace: parts[1], Name: parts[2], Content: []byte(objects[key])}
		if err := writer.Add(item); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		w.t.Fatal(err)
	}
	return content.Bytes()
}

// adopt stores content that no capture made, as somebody who may write to Seedbed's namespace could, and makes the
// BaselineBackup that takes it over.
func (w *world) adopt(source string, content []byte) *v1alpha1.BaselineBackup {
	w.t.Helper()
	backup := &v1alpha1.BaselineBackup{
		ObjectMeta: metav1.ObjectMeta{Name: w.name("backup")},
		Spec:       v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{source}},
	}
	summary, err := json.Marshal(capture.Summary{FormatVersion: archive.FormatVersion, Items: 1})
	if err != nil {
		w.t.Fatal(err)
	}
	meta := map[string]string{"selection": capture.SelectionHash(&backup.Spec), "summary": string(summary)}
	if _, err := w.store().Put(w.ctx(), backup.Name, meta, content); err != nil {
		w.t.Fatal(err)
	}
	w.create(backup)
	w.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseCompleted)
	return backup
}

// store is the installation's own.
func (w *world) store() *store.Secrets {
	w.t.Helper()
	c, err := kubernetes.NewForConfig(w.Cluster.Config())
	if err != nil {
		w.t.Fatal(err)
	}
	return store.NewSecrets(c, seedbed.Namespace)
}

// stored lists the Secrets that hold a backup: its index and its chunks.
func (w *world) stored(backup string) []corev1.Secret {
	w.t.Helper()
	var secrets corev1.SecretList
	err := w.Client.List(w.ctx(), &secrets, client.InNamespace(seedbed.Namespace), client.MatchingLabels{v1alpha1.LabelBackup: backup})
	if err != nil {
		w.t.Fatal(err)
	}
	return secrets.Items
}

// chunks are those of a backup's Secrets that hold its content.
func (w *world) chunks(backup string) []corev1.Secret {
	w.t.Helper()
	return slices.DeleteFunc(w.stored(backup), func(s corev1.Secret) bool { return s.Labels["seedbed.dev/part"] != "chunk" })
}
