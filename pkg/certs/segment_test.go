package certs

import (
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/utils/ptr"
)

// segmentOf returns a segment of one digit.
func segmentOf(digit string) string { return strings.Repeat(digit, SegmentLength) }

func TestIsSegmentAcceptsOnlyLowercaseHex(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want bool
	}{
		"random":    {text: newSegment(), want: true},
		"digits":    {text: segmentOf("0"), want: true},
		"empty":     {},
		"short":     {text: segmentOf("a")[1:]},
		"long":      {text: segmentOf("a") + "a"},
		"uppercase": {text: segmentOf("A")},
		"a slash":   {text: "/" + segmentOf("a")[1:]},
		"not ASCII": {text: "é" + segmentOf("a")[2:]},
	} {
		t.Run(name, func(t *testing.T) {
			if got := IsSegment(test.text); got != test.want {
				t.Errorf("IsSegment(%q) = %t, want %t", test.text, got, test.want)
			}
			if err := CheckSegment(test.text); (err == nil) != test.want || err != nil && test.text != "" && strings.Contains(err.Error(), test.text) {
				t.Errorf("CheckSegment: %v; it must say how to make one, and not quote it", err)
			}
		})
	}
	if first, second := newSegment(), newSegment(); first == second {
		t.Error("two segments are alike")
	}
}

func TestSplitWebhookPathAcceptsOnlyItsForm(t *testing.T) {
	a := segmentOf("a")
	for path, want := range map[string]bool{
		"/" + a + "/baselines.seedbed.dev":  true,
		"/" + a + "/baselines.seedbed.dev/": true, // another name
		"/" + a + "/":                       false,
		"/" + a:                             false,
		a + "/baselines.seedbed.dev":        false,
		"/baselines.seedbed.dev":            false,
		"//" + a + "/baselines.seedbed.dev": false,
		"":                                  false,
	} {
		if _, _, ok := SplitWebhookPath(path); ok != want {
			t.Errorf("SplitWebhookPath(%q) reports %t, want %t", path, ok, want)
		}
	}
}

func TestPublishSegmentSetsEveryPath(t *testing.T) {
	a, b := segmentOf("a"), segmentOf("b")
	service := func(path *string) admissionregistrationv1.WebhookClientConfig {
		return admissionregistrationv1.WebhookClientConfig{Service: &admissionregistrationv1.ServiceReference{Namespace: "n", Name: "s", Path: path}}
	}
	address := func(url string) admissionregistrationv1.WebhookClientConfig {
		return admissionregistrationv1.WebhookClientConfig{URL: &url}
	}
	tests := map[string]struct {
		config admissionregistrationv1.WebhookClientConfig
		before string // the segment in its path
		after  string // the path, or the URL
	}{
		"a service without a path":        {config: service(nil), after: WebhookPath(a, "x.seedbed.dev")},
		"a service with the path":         {config: service(new(WebhookPath(a, "x.seedbed.dev"))), before: a, after: WebhookPath(a, "x.seedbed.dev")},
		"a service with the one before":   {config: service(new(WebhookPath(b, "x.seedbed.dev"))), before: b, after: WebhookPath(a, "x.seedbed.dev")},
		"a service with another's path":   {config: service(new(WebhookPath(a, "y.seedbed.dev"))), after: WebhookPath(a, "x.seedbed.dev")},
		"a service with a plain path":     {config: service(new("/validate")), after: WebhookPath(a, "x.seedbed.dev")},
		"a URL without a path":            {config: address("https://127.0.0.1:9443"), after: "https://127.0.0.1:9443" + WebhookPath(a, "x.seedbed.dev")},
		"a URL with the segment before":   {config: address("https://127.0.0.1:9443" + WebhookPath(b, "x.seedbed.dev")), before: b, after: "https://127.0.0.1:9443" + WebhookPath(a, "x.seedbed.dev")},
		"a URL that no API server admits": {config: address("https://%"), after: "https://%"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{Webhooks: []admissionregistrationv1.ValidatingWebhook{{Name: "x.seedbed.dev", ClientConfig: test.config}}}
			if got := publishedSegments(configuration); len(got) != 1 || got[0] != test.before {
				t.Errorf("it is called by %q, want %q", got, test.before)
			}
			publishSegment(configuration, a)
			config := configuration.Webhooks[0].ClientConfig
			got := ptr.Deref(config.URL, "")
			if config.Service != nil {
				got = ptr.Deref(config.Service.Path, "")
			}
			if got != test.after {
				t.Errorf("it is called by %s, want %s", got, test.after)
			}
			if publishSegment(configuration, a) {
				t.Error("nothing was left to change")
			}
		})
	}
}

func TestIsPublishedMeansEveryWebhook(t *testing.T) {
	a, b := segmentOf("a"), segmentOf("b")
	for name, test := range map[string]struct {
		published []string
		want      bool
	}{
		"all are":       {published: []string{a, a}, want: true},
		"one is not":    {published: []string{a, b}},
		"one has none":  {published: []string{a, ""}},
		"there is none": {published: publishedSegments(&webhookConfiguration{})},
	} {
		t.Run(name, func(t *testing.T) {
			s := segmentState{current: a, published: test.published}
			if got := s.isPublished(); got != test.want {
				t.Errorf("published: %v", got)
			}
		})
	}
}
