//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// dnsTimeout bounds the wait for a server's answer.
const dnsTimeout = 2 * time.Second

// testServiceDNS resolves a restored Service by the cluster's DNS, if that is reachable from outside of the pods' network.
func testServiceDNS(t *testing.T, e *env) {
	resolver, err := e.findResolver(t)
	if err != nil {
		t.Skipf("the cluster's DNS is out of reach from here: %v", err)
	}
	for name, host := range externalNames {
		asked, want := fmt.Sprintf("%s.%s.svc.cluster.local.", name, e.runName("annotated")), host+"."
		e.requireEventually(t, func(ctx context.Context) error {
			got, err := resolver.LookupCNAME(ctx, asked)
			if err == nil && got != want {
				err = fmt.Errorf("%s resolves to %s, want %s", asked, got, want)
			}
			return err
		})
	}
}

// findResolver returns a resolver that knows the cluster's names.
func (e *env) findResolver(t *testing.T) (*net.Resolver, error) {
	t.Helper()
	var problems []error
	for _, address := range e.dnsServers(t) {
		resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: dnsTimeout}).DialContext(ctx, network, net.JoinHostPort(address, "53"))
		}}
		ctx, cancel := context.WithTimeout(t.Context(), dnsTimeout)
		_, err := resolver.LookupHost(ctx, "kubernetes.default.svc.cluster.local.")
		cancel()
		if err == nil {
			return resolver, nil
		}
		problems = append(problems, fmt.Errorf("%s: %w", address, err))
	}
	return nil, errors.Join(problems...)
}

// dnsServers returns the likely addresses of the cluster's DNS: its usual Service, and the nodes.
func (e *env) dnsServers(t *testing.T) []string {
	t.Helper()
	var addresses []string
	service := &corev1.Service{}
	err := e.Get(e.newContext(t), client.ObjectKey{Namespace: "kube-system", Name: "kube-dns"}, service)
	if client.IgnoreNotFound(err) != nil {
		t.Fatal(err)
	}
	if service.Spec.ClusterIP != "" && service.Spec.ClusterIP != corev1.ClusterIPNone {
		addresses = append(addresses, service.Spec.ClusterIP)
	}
	nodes := &corev1.NodeList{}
	if err := e.List(e.newContext(t), nodes, client.Limit(3)); err != nil {
		t.Fatal(err)
	}
	for _, node := range nodes.Items {
		for _, address := range node.Status.Addresses {
			if address.Type == corev1.NodeInternalIP {
				addresses = append(addresses, address.Address)
			}
		}
	}
	return addresses
}
