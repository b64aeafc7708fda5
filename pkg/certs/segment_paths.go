package certs

import (
	"net/url"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/utils/ptr"
)

// WebhookPath returns the path of the webhook with that name. It is the name in the webhook configuration, so no
// second list maps paths to webhooks.
func WebhookPath(segment, webhook string) string { return "/" + segment + "/" + webhook }

// SplitWebhookPath returns the segment and the webhook's name of a path, and reports whether the path has that form.
func SplitWebhookPath(path string) (segment, webhook string, ok bool) {
	path, ok = strings.CutPrefix(path, "/")
	if !ok {
		return "", "", false
	}
	segment, webhook, ok = strings.Cut(path, "/")
	return segment, webhook, ok && IsSegment(segment) && webhook != ""
}

// publishedSegments returns the segment in the path of each webhook of the configuration, "" for a path that is not
// this webhook's.
func publishedSegments(configuration *webhookConfiguration) []string {
	segments := make([]string, len(configuration.Webhooks))
	for i := range configuration.Webhooks {
		webhook := &configuration.Webhooks[i]
		if segment, name, ok := SplitWebhookPath(pathOf(&webhook.ClientConfig)); ok && name == webhook.Name {
			segments[i] = segment
		}
	}
	return segments
}

// publishSegment sets the path of every webhook and reports whether that changed any.
func publishSegment(configuration *webhookConfiguration, segment string) bool {
	changed := false
	for i := range configuration.Webhooks {
		webhook := &configuration.Webhooks[i]
		if path := WebhookPath(segment, webhook.Name); pathOf(&webhook.ClientConfig) != path {
			changed = setPath(&webhook.ClientConfig, path) || changed
		}
	}
	return changed
}

func pathOf(config *admissionregistrationv1.WebhookClientConfig) string {
	switch {
	case config.Service != nil:
		return ptr.Deref(config.Service.Path, "")
	case config.URL != nil:
		if parsed, err := url.Parse(*config.URL); err == nil {
			return parsed.Path
		}
	}
	return ""
}

// setPath reports whether it set the path. The API server admits only a URL that parses, so it always does.
func setPath(config *admissionregistrationv1.WebhookClientConfig, path string) bool {
	switch {
	case config.Service != nil:
		config.Service.Path = &path
		return true
	case config.URL != nil:
		parsed, err := url.Parse(*config.URL)
		if err != nil {
			return false
		}
		parsed.Path, parsed.RawPath = path, ""
		config.URL = new(parsed.String())
		return true
	}
	return false
}
