package memory

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"seedbed.dev/seedbed/pkg/archive"
	"seedbed.dev/seedbed/pkg/capture"
	"seedbed.dev/seedbed/pkg/store"
	"seedbed.dev/seedbed/test/seedbed"
)

// largeConfigMap has a megabyte of text that compresses like base64 does.
func largeConfigMap(number int) *corev1.ConfigMap {
	random := rand.NewChaCha8([32]byte{byte(number), byte(number >> 8)})
	content := make([]byte, 750_000)
	_, _ = random.Read(content)
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("large-%03d", number)},
		Data:       map[string]string{"text": base64.StdEncoding.EncodeToString(content)},
	}
}

// manyKeys is how many keys a ConfigMap of manyKeysArchive has, keyBytes what each of them takes.
const manyKeys, keyBytes = 80_000, 51

// manyKeysArchive has as many ConfigMaps as large as a file of an archive may be: no API server takes them, but an archive that
// was brought along can hold them. Decoded, all of them take ten times what they do as JSON.
func manyKeysArchive(t *testing.T, namespace string, count int) []byte {
	t.Helper()
	var content bytes.Buffer
	writer, err := archive.NewWriter(&content)
	if err != nil {
		t.Fatal(err)
	}
	var data strings.Builder
	for key := range manyKeys {
		text := fmt.Sprintf(`,"key%05d":`, key)
		data.WriteString(text + `"` + strings.Repeat("v", keyBytes-len(text)-2) + `"`)
	}
	for number := range count {
		name := fmt.Sprintf("keys-%03d", number)
		object := fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":%q,"namespace":%q},"data":{%s}}`, name, namespace, data.String()[1:])
		if err := writer.Add(archive.Item{Resource: "configmaps", Version: "v1", Namespace: namespace, Name: name, Content: []byte(object)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return content.Bytes()
}

// bring stores an archive, so that the backup of that name adopts it.
func (w *world) bring(name string, items int, content []byte) {
	w.t.Helper()
	client, err := kubernetes.NewForConfig(w.Cluster.Config())
	if err != nil {
		w.t.Fatal(err)
	}
	summary, err := json.Marshal(capture.Summary{FormatVersion: archive.FormatVersion, Items: int32(items)})
	if err != nil {
		w.t.Fatal(err)
	}
	spec := configMapsOf(name)
	meta := map[string]string{"selection": capture.SelectionHash(&spec), "summary": string(summary)}
	if _, err := store.NewSecrets(client, seedbed.Namespace).Put(w.ctx(), name, meta, content); err != nil {
		w.t.Fatal(err)
	}
}

// source makes a namespace of so many objects.
func (w *world) source(name string, count int, object func(int) *corev1.ConfigMap) {
	w.t.Helper()
	w.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	numbers := make(chan int)
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for number := range numbers {
				configMap := object(number)
				configMap.Namespace = name
				if err := w.Client.Create(w.ctx(), configMap); err != nil {
					w.t.Errorf("creating %s/%s: %v", name, configMap.Name, err)
				}
			}
		})
	}
	for number := range count {
		numbers <- number
	}
	close(numbers)
	writers.Wait()
	if w.t.Failed() {
		w.t.FailNow()
	}
}
