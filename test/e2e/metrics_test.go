//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/test/cluster"
)

// metricsPort is the chart's default.
const metricsPort = 8080

// metrics reads a page of a controller as Prometheus does: by HTTPS, with a token whose user may.
func metrics(t *testing.T, w *world) {
	pod := w.controllerPod(t)
	address := w.forward(t, pod)
	config, err := w.cluster.ServiceAccountConfig(w.context(t), w.namespace, w.scraper(t))
	if err != nil {
		t.Fatal(err)
	}
	if status, page := w.scrape(t, address, ""); status != http.StatusUnauthorized {
		t.Errorf("without a token: %d: %.200s", status, page)
	}
	status, page := w.scrape(t, address, config.BearerToken)
	if status != http.StatusOK {
		t.Fatalf("with a token: %d: %.200s", status, page)
	}
	says(t, page, "seedbed_serving_certificate_expiry_timestamp_seconds", "seedbed_plan_cache_bytes")
}

func (w *world) controllerPod(t *testing.T) string {
	t.Helper()
	pods, err := w.core.CoreV1().Pods(w.namespace).List(w.context(t), metav1.ListOptions{
		LabelSelector: "app.kubernetes.io/instance=" + w.release, FieldSelector: "status.phase=Running",
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(pods.Items) == 0 {
		t.Fatal("no controller runs")
	}
	return pods.Items[0].Name
}

// scraper makes a ServiceAccount that may read metrics, and returns its name.
func (w *world) scraper(t *testing.T) string {
	t.Helper()
	name := w.name("scraper")
	w.create(t, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name}},
		&rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: w.fullname() + "-metrics-reader"},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: w.namespace, Name: name}},
		})
	return name
}

// forward returns the address on this machine of a pod's metrics port. kubectl says it, and ends with the test.
func (w *world) forward(t *testing.T, pod string) string {
	t.Helper()
	command := exec.CommandContext(w.context(t), "kubectl", "--namespace", w.namespace, "port-forward", "pod/"+pod, fmt.Sprintf(":%d", metricsPort))
	command.Env = append(os.Environ(), "KUBECONFIG="+w.cluster.Kubeconfig())
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("kubectl port-forward says %q: %v", line, err)
	}
	_, rest, _ := strings.Cut(line, "Forwarding from ")
	address, _, _ := strings.Cut(rest, " ")
	return address
}

// scrape verifies the certificate by the metrics Service's name.
func (w *world) scrape(t *testing.T, address, token string) (status int, page string) {
	t.Helper()
	if err := cluster.Eventually(w.context(t), func(ctx context.Context) error {
		secret, err := w.core.CoreV1().Secrets(w.namespace).Get(ctx, w.tlsSecret(), metav1.GetOptions{})
		if err != nil {
			return err
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(secret.Data["ca.crt"]) {
			return errors.New("the certificate's Secret holds no CA")
		}
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
			RootCAs: roots, ServerName: w.fullname() + "-metrics." + w.namespace + ".svc", MinVersion: tls.VersionTLS12,
		}}}
		defer client.CloseIdleConnections()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+address+"/metrics", nil)
		if err != nil {
			return err
		}
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }()
		content, err := io.ReadAll(response.Body)
		status, page = response.StatusCode, string(content)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return status, page
}
