package main

import (
	"crypto/tls"
	"fmt"
	"net/http"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"seedbed.dev/seedbed/pkg/certs"
	seedbedmetrics "seedbed.dev/seedbed/pkg/metrics"
)

// metricsOptions returns options that serve /metrics over HTTPS to authorized scrapers, unless that is off.
func (o *options) metricsOptions(source *certs.Source) metricsserver.Options {
	options := metricsserver.Options{BindAddress: o.metricsAddress}
	if !o.metricsSecure {
		return options
	}
	options.SecureServing = true
	options.FilterProvider = newScrapeFilter
	options.TLSOpts = []func(*tls.Config){func(c *tls.Config) {
		c.GetCertificate = source.GetCertificate
		c.MinVersion = tls.VersionTLS12
	}}
	return options
}

func newScrapeFilter(config *rest.Config, client *http.Client) (metricsserver.Filter, error) {
	api, err := kubernetes.NewForConfigAndClient(config, client)
	if err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	return seedbedmetrics.NewScrapeGuard(api.AuthenticationV1().TokenReviews(), api.AuthorizationV1().SubjectAccessReviews(), clock.RealClock{}).Filter, nil
}
