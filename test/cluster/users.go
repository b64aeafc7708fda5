package cluster

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/certificate/csr"
	"k8s.io/client-go/util/keyutil"
)

// UserConfig returns a configuration of this user and these groups, with a client certificate instead of impersonation, so
// that exactly the rights that RBAC grants to the user are allowed. The group system:masters is refused.
func (c *Cluster) UserConfig(ctx context.Context, name string, groups []string) (*rest.Config, error) {
	return c.user(ctx, name, groups)
}

// ServiceAccountConfig returns a configuration of an existing ServiceAccount, with a token of an hour.
func (c *Cluster) ServiceAccountConfig(ctx context.Context, namespace, name string) (*rest.Config, error) {
	client, err := kubernetes.NewForConfig(c.config)
	if err != nil {
		return nil, err
	}
	token, err := client.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, name, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("requesting a token for ServiceAccount %s/%s: %w", namespace, name, err)
	}
	config := withoutCredentials(c.config)
	config.BearerToken = token.Status.Token
	return config, nil
}

// withoutCredentials returns config without its credentials.
func withoutCredentials(config *rest.Config) *rest.Config {
	return withoutRateLimit(rest.AnonymousClientConfig(config))
}

// csrIssuer issues users' certificates by CertificateSigningRequests, which every conformant cluster serves, so that it works
// on an existing one as well.
func csrIssuer(config *rest.Config) userIssuer {
	return func(ctx context.Context, name string, groups []string) (*rest.Config, error) {
		client, err := kubernetes.NewForConfig(config)
		if err != nil {
			return nil, err
		}
		user := withoutCredentials(config)
		if user.CertData, user.KeyData, err = requestCertificate(ctx, client, name, groups); err != nil {
			return nil, fmt.Errorf("requesting a certificate for user %s: %w", name, err)
		}
		return user, nil
	}
}

func requestCertificate(ctx context.Context, client kubernetes.Interface, name string, groups []string) (certificate, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	subject := pkix.Name{CommonName: name, Organization: groups}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: subject}, private)
	if err != nil {
		return nil, nil, err
	}
	requestName, uid, err := csr.RequestCertificateWithContext(ctx, client, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}),
		"", certificatesv1.KubeAPIServerClientSignerName, nil,
		[]certificatesv1.KeyUsage{certificatesv1.UsageDigitalSignature, certificatesv1.UsageClientAuth}, private)
	if err != nil {
		return nil, nil, err
	}
	requests := client.CertificatesV1().CertificateSigningRequests()
	defer func() {
		err = errors.Join(err, requests.Delete(context.WithoutCancel(ctx), requestName, metav1.DeleteOptions{}))
	}()
	if err := approveRequest(ctx, client, requestName); err != nil {
		return nil, nil, err
	}
	if certificate, err = csr.WaitForCertificate(ctx, client, requestName, uid); err != nil {
		return nil, nil, err
	}
	key, err = keyutil.MarshalPrivateKeyToPEM(private)
	return certificate, key, err
}

func approveRequest(ctx context.Context, client kubernetes.Interface, name string) error {
	requests := client.CertificatesV1().CertificateSigningRequests()
	request, err := requests.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	request.Status.Conditions = append(request.Status.Conditions, certificatesv1.CertificateSigningRequestCondition{
		Type: certificatesv1.CertificateApproved, Status: corev1.ConditionTrue,
		Reason: "SeedbedTest", Message: "a user of a test",
	})
	_, err = requests.UpdateApproval(ctx, name, request, metav1.UpdateOptions{})
	return err
}

func (c *Cluster) awaitServiceAccount(ctx context.Context, namespace, name string) error {
	client, err := kubernetes.NewForConfig(c.config)
	if err != nil {
		return err
	}
	return Eventually(ctx, func(ctx context.Context) error {
		_, err := client.CoreV1().ServiceAccounts(namespace).Get(ctx, name, metav1.GetOptions{})
		return err
	})
}
