package flow

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/test/seedbed"
)

const certificateName = "seedbed-webhook-tls"

func TestReadinessNeedsCachesAndCertificate(t *testing.T) {
	e := newInstallation(t)
	// Without permissions it cannot fill its caches; with another installation's certificates there is none until its Secret
	// is.
	give := e.takePermissions()
	controller, err := e.Launch(e.ctx(), "--tls-mode=cert-manager", "--tls-secret="+certificateName)
	if err != nil {
		t.Fatal(err)
	}
	failing := func(check string, passes ...string) {
		t.Helper()
		e.eventually(func(ctx context.Context) error {
			switch err := controller.Ready(ctx); {
			case err == nil:
				t.Fatalf("it is ready without %s", check)
				return nil
			case !strings.Contains(err.Error(), "[-]"+check):
				return err
			default:
				for _, other := range passes {
					if !strings.Contains(err.Error(), "[+]"+other) {
						return err
					}
				}
				return nil
			}
		})
	}
	failing("caches")
	give()
	failing("certificate", "caches")
	e.createObjects(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: seedbed.Namespace, Name: certificateName},
		Type:       corev1.SecretTypeTLS, Data: anyCertificate(t),
	})
	if err := controller.AwaitReady(e.ctx()); err != nil {
		t.Fatal(err)
	}
}

// takePermissions removes the controller's permissions outside of its own namespace, and returns a function that restores
// them.
func (e *env) takePermissions() (give func()) {
	e.t.Helper()
	var taken []client.Object
	for _, name := range []string{"seedbed-controller", "seedbed-content"} {
		binding := &rbacv1.ClusterRoleBinding{}
		if !e.objectExists(binding, "", name) {
			e.t.Fatal(fmt.Errorf("ClusterRoleBinding %s is not there", name))
		}
		taken = append(taken, &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, RoleRef: binding.RoleRef, Subjects: binding.Subjects})
		e.deleteObjects(binding)
	}
	return func() { e.createObjects(taken...) }
}

// anyCertificate returns the certificate of the installation that the package shares, with its key.
func anyCertificate(t *testing.T) map[string][]byte {
	t.Helper()
	served := &corev1.Secret{}
	if err := installed.Client.Get(t.Context(), client.ObjectKey{Namespace: seedbed.Namespace, Name: certificateName}, served); err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		corev1.TLSCertKey: served.Data[corev1.TLSCertKey], corev1.TLSPrivateKeyKey: served.Data[corev1.TLSPrivateKeyKey],
	}
}
