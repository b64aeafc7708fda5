package main

import (
	"strings"
	"testing"
	"time"

	"seedbed.dev/seedbed/pkg/certs"
)

func TestOptionsHaveTheirDefaults(t *testing.T) {
	o, err := parseOptions([]string{"--namespace=seedbed-system", "--tls-dns-names=seedbed-webhook.seedbed-system.svc"})
	if err != nil {
		t.Fatal(err)
	}
	if o.tlsPublishGrace != certs.DefaultPublishGrace || o.planCacheBytes != 64<<20 || o.leaseDuration != 10*time.Second || o.policyGrace != 10*time.Second {
		t.Errorf("a grace of %s, a cache of %d bytes, a lease of %s", o.tlsPublishGrace, o.planCacheBytes, o.leaseDuration)
	}
}

func TestBadOptionsAreRefusedByName(t *testing.T) {
	for _, test := range []struct{ flag, says string }{
		{"--tls-publish-grace=0s", "--tls-publish-grace 0s: it must be at least 1s"},
		{"--tls-publish-grace=soon", "--tls-publish-grace"},
		{"--tls-mode=none", "it must be self-signed or cert-manager"},
		{"--webhook-segment=ABC", "--webhook-segment: it must be 64 lowercase hexadecimal digits: make one by `openssl rand -hex 32`"},
		{"--webhook-path-secret=seedbed-webhook-tls", "they must be two Secrets"},
		{"--webhook-path-rotation=0s", "--webhook-path-rotation 0s: it must be at least 1s"},
		{"--webhook-api-requests=0", "--webhook-api-requests 0"},
		{"--webhook-client-names=kube-apiserver", "without --webhook-client-ca"},
		{"--workers=0", "--workers"},
		{"--policy-grace=0s", "--policy-grace 0s: it must be at least 1s"},
		{"--policy-grace=1500ms", "in whole seconds"},
		{"--leader-elect-lease-duration=1ms", "at least 1s"},
		{"--plan-cache-bytes=much", "--plan-cache-bytes"},
		{"--memory-limit=much", `--memory-limit "much": it must be a size such as 512Mi`},
		{"--memory-limit=0", "--memory-limit"},
		{"--log-level=loud", "--log-level"},
		{"--namespace=", "POD_NAMESPACE"},
		{"--no-such", "--no-such: see seedbed-controller --help"},
		{"word", `unexpected argument "word"`},
	} {
		t.Run(test.flag, func(t *testing.T) {
			_, err := parseOptions([]string{"--namespace=seedbed-system", "--tls-dns-names=seedbed-webhook.seedbed-system.svc", test.flag})
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want %s in it", err, test.says)
			}
		})
	}
}
