package integration

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"seedbed.dev/seedbed/pkg/store"
)

// storeEnv is a store in a namespace of its own, and a client that reads it from outside.
type storeEnv struct {
	*store.Secrets
	client    kubernetes.Interface
	namespace string
}

func newStoreEnv(t *testing.T) storeEnv {
	t.Helper()
	namespace, client := newNamespace(t, "store"), clientFor(t, testCluster.Config())
	return storeEnv{Secrets: store.NewSecrets(client, namespace), client: client, namespace: namespace}
}

// withConfig returns the same store with another configuration.
func (s storeEnv) withConfig(t *testing.T, config *rest.Config) *store.Secrets {
	t.Helper()
	return store.NewSecrets(clientFor(t, config), s.namespace)
}

// listSecrets returns the store's Secrets by name.
func (s storeEnv) listSecrets(t *testing.T) map[string]corev1.Secret {
	t.Helper()
	list, err := s.client.CoreV1().Secrets(s.namespace).List(testContext(t), metav1.ListOptions{FieldSelector: "type=" + string(store.SecretType)})
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]corev1.Secret{}
	for _, secret := range list.Items {
		byName[secret.Name] = secret
	}
	return byName
}

// chunkNames returns the names of the chunk Secrets, in order.
func (s storeEnv) chunkNames(t *testing.T) []string {
	t.Helper()
	list, err := s.client.CoreV1().Secrets(s.namespace).List(testContext(t), metav1.ListOptions{LabelSelector: "seedbed.dev/part=chunk"})
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(list.Items))
	for _, secret := range list.Items {
		names = append(names, secret.Name)
	}
	return names
}

// randomBytes returns bytes that do not compress, like an archive, and are the same in every run.
func randomBytes(seed uint64, size int) []byte {
	source := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	content := make([]byte, size)
	_, _ = source.Read(content)
	return content
}

func mustPut(t *testing.T, s *store.Secrets, name string, meta map[string]string, content []byte) store.Entry {
	t.Helper()
	entry, err := s.Put(testContext(t), name, meta, content)
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

func wantContent(t *testing.T, s *store.Secrets, name string, want []byte) store.Entry {
	t.Helper()
	entry, got, err := s.Get(testContext(t), name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("%s holds %d bytes that are not the %d that were put", name, len(got), len(want))
	}
	return entry
}

func wantNothing(t *testing.T, s *store.Secrets, name string) {
	t.Helper()
	if _, _, err := s.Get(testContext(t), name); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("getting %s: %v, want ErrNotFound", name, err)
	}
	entries, err := s.List(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Name == name {
			t.Errorf("%s is listed", name)
		}
	}
}
