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

// testMetrics reads a controller's metrics as Prometheus does: by HTTPS, with the token of a permitted user.
func testMetrics(t *testing.T, e *env) {
	pod := e.controllerPod(t)
	address := e.forwardMetrics(t, pod)
	config, err := e.cluster.ServiceAccountConfig(e.newContext(t), e.namespace, e.createScraper(t))
	if err != nil {
		t.Fatal(err)
	}
	if status, page := e.scrapeMetrics(t, address, ""); status != http.StatusUnauthorized {
		t.Errorf("without a token: %d: %.200s", status, page)
	}
	status, page := e.scrapeMetrics(t, address, config.BearerToken)
	if status != http.StatusOK {
		t.Fatalf("with a token: %d: %.200s", status, page)
	}
	requireContains(t, page, "seedbed_serving_certificate_expiry_timestamp_seconds", "seedbed_plan_cache_bytes")
}

func (e *env) controllerPod(t *testing.T) string {
	t.Helper()
	pods, err := e.core.CoreV1().Pods(e.namespace).List(e.newContext(t), metav1.ListOptions{
		LabelSelector: "app.kubernetes.io/instance=" + e.release, FieldSelector: "status.phase=Running",
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(pods.Items) == 0 {
		t.Fatal("no controller runs")
	}
	return pods.Items[0].Name
}

// createScraper creates a ServiceAccount that may read metrics, and returns its name.
func (e *env) createScraper(t *testing.T) string {
	t.Helper()
	name := e.runName("scraper")
	e.createObjects(t, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: e.namespace, Name: name}},
		&rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: e.chartFullname() + "-metrics-reader"},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: e.namespace, Name: name}},
		})
	return name
}

// forwardMetrics returns a local address of a pod's metrics port. kubectl port-forward prints it, and ends with the test.
func (e *env) forwardMetrics(t *testing.T, pod string) string {
	t.Helper()
	command := exec.CommandContext(e.newContext(t), "kubectl", "--namespace", e.namespace, "port-forward", "pod/"+pod, fmt.Sprintf(":%d", metricsPort))
	command.Env = append(os.Environ(), "KUBECONFIG="+e.cluster.Kubeconfig())
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
		t.Fatalf("kubectl port-forward prints %q: %v", line, err)
	}
	_, rest, _ := strings.Cut(line, "Forwarding from ")
	address, _, _ := strings.Cut(rest, " ")
	return address
}

// scrapeMetrics verifies the certificate against the metrics Service's name and returns the answer.
func (e *env) scrapeMetrics(t *testing.T, address, token string) (status int, page string) {
	t.Helper()
	if err := cluster.Eventually(e.newContext(t), func(ctx context.Context) error {
		secret, err := e.core.CoreV1().Secrets(e.namespace).Get(ctx, e.tlsSecretName(), metav1.GetOptions{})
		if err != nil {
			return err
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(secret.Data["ca.crt"]) {
			return errors.New("the certificate's Secret holds no CA")
		}
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
			RootCAs: roots, ServerName: e.chartFullname() + "-metrics." + e.namespace + ".svc", MinVersion: tls.VersionTLS12,
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
