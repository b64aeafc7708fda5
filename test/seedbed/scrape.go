package seedbed

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// scraper is a ServiceAccount in Seedbed's namespace that may read metrics, as Prometheus' would.
type scraper struct {
	once  sync.Once
	token string
	err   error
}

const scraperName = "seedbed-scraper"

// ScrapeToken returns the token of a ServiceAccount that may read metrics, by the ClusterRole that Seedbed has for it.
func (i *Installation) ScrapeToken(ctx context.Context) (string, error) {
	i.scraper.once.Do(func() {
		meta := metav1.ObjectMeta{Namespace: Namespace, Name: scraperName}
		for _, object := range []client.Object{
			&corev1.ServiceAccount{ObjectMeta: meta},
			&rbacv1.ClusterRoleBinding{
				ObjectMeta: metav1.ObjectMeta{Name: scraperName},
				RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "seedbed-metrics-reader"},
				Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: Namespace, Name: scraperName}},
			},
		} {
			if err := i.Client.Create(ctx, object); err != nil && !apierrors.IsAlreadyExists(err) {
				i.scraper.err = err
				return
			}
		}
		config, err := i.Cluster.ServiceAccountConfig(ctx, Namespace, scraperName)
		if err != nil {
			i.scraper.err = err
			return
		}
		i.scraper.token = config.BearerToken
	})
	return i.scraper.token, i.scraper.err
}

// Scrape returns the controller's metrics, in Prometheus' text format.
func (c *Controller) Scrape(ctx context.Context) ([]byte, error) {
	token, err := c.installation.ScrapeToken(ctx)
	if err != nil {
		return nil, err
	}
	client, err := c.installation.HTTPClient(ctx)
	if err != nil {
		return nil, err
	}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+c.Metrics+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	content, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("scraping %s: %s: %s", c.Metrics, answer.Status, content)
	}
	return content, err
}

// HTTPClient returns a client without credentials that trusts the certificates of Seedbed's controllers.
func (i *Installation) HTTPClient(ctx context.Context) (*http.Client, error) {
	secret := &corev1.Secret{}
	if err := i.Client.Get(ctx, client.ObjectKey{Namespace: Namespace, Name: TLSSecret}, secret); err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(secret.Data["ca.crt"]) {
		return nil, errors.New("the certificate's Secret holds no CA")
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}, nil
}
