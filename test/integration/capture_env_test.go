package integration

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/archive"
	"seedbed.dev/seedbed/pkg/capture"
	"seedbed.dev/seedbed/test/cluster"
)

func newCapturer(t *testing.T, config *rest.Config) *capture.Capturer {
	t.Helper()
	client, err := capture.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	return capture.New(newDiscovery(t, config), client)
}

func newDiscovery(t *testing.T, config *rest.Config) discovery.DiscoveryInterface {
	t.Helper()
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func newDynamicClient(t *testing.T, config *rest.Config) dynamic.Interface {
	t.Helper()
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// captureResult is a result and the items of its archive.
type captureResult struct {
	*capture.Result
	items []archive.Item
}

// objectNames returns "resource namespace/name" of every object except those that the cluster creates by itself.
func (c captureResult) objectNames() []string {
	var names []string
	for _, item := range c.items {
		if item.Name == "kube-root-ca.crt" || item.Resource == "serviceaccounts" && item.Name == "default" {
			continue
		}
		names = append(names, item.Resource+" "+item.Namespace+"/"+item.Name)
	}
	return names
}

func captureWith(t *testing.T, c *capture.Capturer, spec v1alpha1.BaselineBackupSpec) captureResult {
	t.Helper()
	result, err := c.Run(testContext(t), &spec, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := captureResult{Result: result}
	version, err := archive.Read(bytes.NewReader(result.Content), archive.DefaultLimits, func(item archive.Item) error {
		got.items = append(got.items, item)
		return nil
	})
	if err != nil || version != "1.1.0" || result.FormatVersion != "1.1.0" {
		t.Fatalf("the archive has version %q, the result %q: %v", version, result.FormatVersion, err)
	}
	return got
}

func wantMessages(t *testing.T, kind string, got []string, want ...string) {
	t.Helper()
	if len(got) != len(want) || !slices.IsSorted(got) {
		t.Errorf("%s are %q, want %d in order", kind, got, len(want))
		return
	}
	for i, message := range got {
		if !strings.Contains(message, want[i]) {
			t.Errorf("of %s %q is no %q", kind, message, want[i])
		}
	}
}

// awaitDefaults waits for the objects that the cluster creates in every namespace, so that two captures see the same.
func awaitDefaults(t *testing.T, client kubernetes.Interface, namespace string) {
	t.Helper()
	if !testCluster.HasControllerManager() {
		return
	}
	err := cluster.Eventually(testContext(t), func(ctx context.Context) error {
		_, account := client.CoreV1().ServiceAccounts(namespace).Get(ctx, "default", metav1.GetOptions{})
		_, certificate := client.CoreV1().ConfigMaps(namespace).Get(ctx, "kube-root-ca.crt", metav1.GetOptions{})
		return errors.Join(account, certificate)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func createConfigMaps(t *testing.T, client kubernetes.Interface, namespace string, count int) {
	t.Helper()
	ctx, numbers := testContext(t), make(chan int)
	var workers sync.WaitGroup
	for range 16 {
		workers.Go(func() {
			for number := range numbers {
				configMap := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("cm-%05d", number)}}
				if _, err := client.CoreV1().ConfigMaps(namespace).Create(ctx, configMap, metav1.CreateOptions{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for number := range count {
		numbers <- number
	}
	close(numbers)
	workers.Wait()
	if t.Failed() {
		t.FailNow()
	}
}
