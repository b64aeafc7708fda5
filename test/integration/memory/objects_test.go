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

// largeConfigMap returns a ConfigMap with a megabyte of text that compresses like base64.
func largeConfigMap(number int) *corev1.ConfigMap {
	random := rand.NewChaCha8([32]byte{byte(number), byte(number >> 8)})
	content := make([]byte, 750_000)
	_, _ = random.Read(content)
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("large-%03d", number)},
		Data:       map[string]string{"text": base64.StdEncoding.EncodeToString(content)},
	}
}

// manyKeys is the number of keys of a ConfigMap of manyKeysArchive, keyBytes the size of each.
const manyKeys, keyBytes = 80_000, 51

// manyKeysArchive returns an archive of ConfigMaps of the maximum size of an archive's file: no API server accepts them, but an
// adopted archive can hold them. Decoded, they take ten times their size as JSON.
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

// storeArchive stores an archive, so that the backup of that name adopts it.
func (e *env) storeArchive(name string, items int, content []byte) {
	e.t.Helper()
	client, err := kubernetes.NewForConfig(e.Cluster.Config())
	if err != nil {
		e.t.Fatal(err)
	}
	summary, err := json.Marshal(capture.Summary{FormatVersion: archive.FormatVersion, Items: int32(items)})
	if err != nil {
		e.t.Fatal(err)
	}
	spec := configMapsOf(name)
	meta := map[string]string{"selection": capture.SelectionHash(&spec), "summary": string(summary)}
	if _, err := store.NewSecrets(client, seedbed.Namespace).Put(e.newContext(), name, meta, content); err != nil {
		e.t.Fatal(err)
	}
}

// createSource creates a namespace of count objects.
func (e *env) createSource(name string, count int, object func(int) *corev1.ConfigMap) {
	e.t.Helper()
	e.createObject(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	numbers := make(chan int)
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for number := range numbers {
				configMap := object(number)
				configMap.Namespace = name
				if err := e.Client.Create(e.newContext(), configMap); err != nil {
					e.t.Errorf("creating %s/%s: %v", name, configMap.Name, err)
				}
			}
		})
	}
	for number := range count {
		numbers <- number
	}
	close(numbers)
	writers.Wait()
	if e.t.Failed() {
		e.t.FailNow()
	}
}
