//go:build interop

package interop

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// refusedKey is the key of a ConfigMap that the API server refuses outside source namespaces.
const refusedKey = "refused"

// refuseObjects makes the API server refuse ConfigMaps with refusedKey.
func (m *monitored) refuseObjects(t *testing.T) {
	t.Helper()
	meta := metav1.ObjectMeta{Name: "refuse-configmaps"}
	m.createObjects(t, &admissionregistrationv1.ValidatingAdmissionPolicy{
		ObjectMeta: meta,
		Spec: admissionregistrationv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: &admissionregistrationv1.MatchResources{ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{{
				RuleWithOperations: admissionregistrationv1.RuleWithOperations{
					Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create, admissionregistrationv1.Update},
					Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"configmaps"}},
				},
			}}},
			Validations: []admissionregistrationv1.Validation{{
				Expression: `object.metadata.namespace.startsWith("` + sourcePrefix + `") || !has(object.data) || !("` + refusedKey + `" in object.data)`,
			}},
		},
	}, &admissionregistrationv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: meta,
		Spec: admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: meta.Name, ValidationActions: []admissionregistrationv1.ValidationAction{admissionregistrationv1.Deny},
		},
	})
	m.requireEventually(t, func(ctx context.Context) error {
		if err := m.Client.Create(ctx, inNamespace(newRefused(), metav1.NamespaceDefault), client.DryRunAll); !apierrors.IsInvalid(err) {
			return errors.Join(errors.New("the policy is not in force yet"), err)
		}
		return nil
	})
}

// newRefused returns a ConfigMap that the API server refuses outside source namespaces.
func newRefused() *corev1.ConfigMap {
	refused := newConfigMap("settings")
	refused.Data[refusedKey] = "yes"
	return refused
}

func newBackup(name, source string) *v1alpha1.BaselineBackup {
	return &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{source}}}
}

func newAnnotatedNamespace(name, baseline string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{v1alpha1.AnnotationBaseline: baseline}}}
}

// rollOut creates a Baseline of a ConfigMap with that rollout and two namespaces that hold it, and rolls a changed ConfigMap out.
func (m *monitored) rollOut(t *testing.T, name string, rollout v1alpha1.BaselineRollout, change func(*corev1.ConfigMap)) {
	t.Helper()
	m.createBaseline(t, name, v1alpha1.BaselineSpec{Rollout: &rollout}, newConfigMap("settings"))
	for i := range 2 {
		namespace := fmt.Sprintf("%s-%d", name, i)
		m.createObjects(t, newAnnotatedNamespace(namespace, name))
		m.awaitReady(t, namespace)
	}
	settings := inNamespace(newConfigMap("settings"), sourcePrefix+name)
	m.updateObject(t, settings, func() { change(settings) })
	m.createObjects(t, newBackup(name+"-2", settings.Namespace))
	baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: name}}
	m.updateObject(t, baseline, func() { baseline.Spec.Backup = name + "-2" })
}

// makeDrift creates a Required Baseline of a ConfigMap and a namespace of that name, deletes the ConfigMap there and asks for an audit.
func (m *monitored) makeDrift(t *testing.T, name string, drift v1alpha1.DriftPolicy) {
	t.Helper()
	m.createBaseline(t, name, v1alpha1.BaselineSpec{
		Enforcement: v1alpha1.EnforcementRequired, Drift: drift,
		NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: name}},
	}, newConfigMap("settings"))
	m.createObjects(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	m.awaitReady(t, name)
	if err := m.Client.Delete(t.Context(), inNamespace(newConfigMap("settings"), name)); err != nil {
		t.Fatal(err)
	}
	baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: name}}
	m.updateObject(t, baseline, func() {
		metav1.SetMetaDataAnnotation(&baseline.ObjectMeta, v1alpha1.AnnotationAuditRequested, "1")
	})
}

// onRequests intercepts the controller's requests of a kind; passAll ends that.
func (m *monitored) onRequests(of func(*http.Request) bool, intercept func(out http.ResponseWriter, in *http.Request, pass http.Handler)) {
	m.through.SetIntercept(func(out http.ResponseWriter, in *http.Request, pass http.Handler) {
		if of(in) {
			intercept(out, in, pass)
			return
		}
		pass.ServeHTTP(out, in)
	})
}

func passAll(m *monitored) { m.through.SetIntercept(nil) }

func isAccessReview(in *http.Request) bool {
	return in.Method == http.MethodPost && strings.HasSuffix(in.URL.Path, "/subjectaccessreviews")
}

// isAuditList reports whether a request is a list of an audit.
func isAuditList(in *http.Request) bool {
	return in.Method == http.MethodGet && strings.HasPrefix(in.URL.Query().Get("labelSelector"), v1alpha1.LabelBaseline)
}

// reviewBackup has the webhook review a backup of a source namespace, which asks for access reviews.
func reviewBackup(ctx context.Context, m *monitored) error {
	m.made++
	return m.Client.Create(ctx, newBackup(fmt.Sprintf("reviewed-%03d", m.made), metav1.NamespaceDefault), client.DryRunAll)
}

// callWrongPaths calls the webhook's port as a scanner does.
func callWrongPaths(ctx context.Context, m *monitored) error {
	scanner, err := m.HTTPClient(ctx)
	if err != nil {
		return err
	}
	defer scanner.CloseIdleConnections()
	for range 300 {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+m.controller.Webhook+"/admin", nil)
		if err != nil {
			return err
		}
		answer, err := scanner.Do(request)
		if err != nil {
			return err
		}
		_ = answer.Body.Close()
	}
	return nil
}

// newShortCertificate returns a Secret with a certificate for loopback that expires within the hour.
func newShortCertificate(t *testing.T, name string) *corev1.Secret {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now() //nolint:forbidigo // TLS has this clock too
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Minute), NotAfter: now.Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: seedbed.Namespace, Name: name}, Type: corev1.SecretTypeTLS,
		Data: map[string][]byte{corev1.TLSCertKey: public, corev1.TLSPrivateKeyKey: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}), "ca.crt": public},
	}
}
