package port

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/certs"
	"seedbed.dev/seedbed/test/seedbed"
)

var segmentPattern = regexp.MustCompile(`^/[0-9a-f]{64}/`)

// Foreign changes to the webhook configuration and to the Secret are repaired, and an intact one refuses nothing.
func TestPathsAreRepaired(t *testing.T) {
	e := newEnv(t)
	controller := e.startController("--tls-publish-grace=2s")

	t.Run("the paths are taken away", func(t *testing.T) {
		e.editWebhooks(func(config *admissionregistrationv1.WebhookClientConfig) {
			bare := bareURL(*config.URL)
			config.URL = &bare
		})
		e.requireEventually(e.checkPublished)
		e.requireEventually(e.reviewOnce)
	})
	t.Run("the configuration is made anew", func(t *testing.T) {
		configuration := e.getConfiguration()
		if err := e.Client.Delete(testContext(t), configuration); err != nil {
			t.Fatal(err)
		}
		again := &admissionregistrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: configuration.Name}, Webhooks: configuration.Webhooks}
		for i := range again.Webhooks {
			bare := bareURL(*again.Webhooks[i].ClientConfig.URL)
			again.Webhooks[i].ClientConfig = admissionregistrationv1.WebhookClientConfig{URL: &bare}
		}
		e.createObject(again)
		e.requireEventually(e.checkPublished)
		e.requireEventually(e.reviewOnce)
	})
	t.Run("the Secret is deleted", func(t *testing.T) {
		before, reviews := e.webhookPaths(), e.reviewSteadily()
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: seedbed.Namespace, Name: seedbed.PathSecret}}
		if err := e.Client.Delete(testContext(t), secret); err != nil {
			t.Fatal(err)
		}
		e.requireEventually(func(ctx context.Context) error { // the segment in use is kept, and replaced in order
			return e.Client.Get(ctx, client.ObjectKeyFromObject(secret), secret)
		})
		e.awaitOtherPaths(before)
		e.stopReviews(reviews)
	})
	t.Run("a rotation is asked for and the leader is killed in the midst", func(t *testing.T) {
		second := e.startController("--tls-publish-grace=2s")
		before, reviews := e.webhookPaths(), e.reviewSteadily()
		e.requestRotation(seedbed.PathSecret, certs.RotateSegment)
		e.requireEventually(func(ctx context.Context) error {
			secret := &corev1.Secret{}
			if err := e.Client.Get(ctx, client.ObjectKey{Namespace: seedbed.Namespace, Name: seedbed.PathSecret}, secret); err != nil {
				return err
			}
			if len(secret.Data["next"]) == 0 {
				return errors.New("no rotation has begun")
			}
			return nil
		})
		controller.StopCalls() // its pending requests end with it, its paths stay
		controller.Kill()
		e.awaitOtherPaths(before)
		// The error depends on what the connection of a review was doing when its server ended.
		if cut := reviews.dropRefusals("connection reset", "EOF", "broken pipe", "force closed"); cut > reviewers {
			t.Errorf("%d reviews were cut off, of %d at a time", cut, reviewers)
		}
		e.stopReviews(reviews)
		e.requireEventually(second.Ready)
	})
}

// getConfiguration returns the webhook configuration.
func (e *env) getConfiguration() *admissionregistrationv1.ValidatingWebhookConfiguration {
	e.t.Helper()
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	if err := e.Client.Get(testContext(e.t), client.ObjectKey{Name: seedbed.WebhookConfiguration}, configuration); err != nil {
		e.t.Fatal(err)
	}
	return configuration
}

func (e *env) editWebhooks(edit func(*admissionregistrationv1.WebhookClientConfig)) {
	e.t.Helper()
	e.requireEventually(func(ctx context.Context) error {
		configuration := e.getConfiguration()
		for i := range configuration.Webhooks {
			edit(&configuration.Webhooks[i].ClientConfig)
		}
		return e.Client.Update(ctx, configuration)
	})
}

// checkPublished returns an error for a webhook that is not called by a segment and its name.
func (e *env) checkPublished(context.Context) error {
	for name, path := range e.webhookPaths() {
		if !segmentPattern.MatchString(path) || !strings.HasSuffix(path, "/"+name) {
			return fmt.Errorf("webhook %s is called by %q", name, path)
		}
	}
	return nil
}

// reviewOnce makes one dry run that a webhook has to answer.
func (e *env) reviewOnce(ctx context.Context) error {
	probe := newBackup("", []string{"configmaps"}, "default")
	probe.GenerateName = "probe-"
	return e.Client.Create(ctx, probe, client.DryRunAll)
}

// awaitOtherPaths waits until every webhook is called by another path, and the old one is no longer accepted.
func (e *env) awaitOtherPaths(before map[string]string) {
	e.t.Helper()
	e.requireEventually(func(ctx context.Context) error {
		for name, path := range e.webhookPaths() {
			if path == before[name] {
				return fmt.Errorf("webhook %s is called as before", name)
			}
		}
		secret := &corev1.Secret{}
		if err := e.Client.Get(ctx, client.ObjectKey{Namespace: seedbed.Namespace, Name: seedbed.PathSecret}, secret); err != nil {
			return err
		}
		if len(secret.Data) != 1 {
			return fmt.Errorf("a rotation is under way: the Secret has %d segments", len(secret.Data))
		}
		return e.checkPublished(ctx)
	})
}

func (e *env) stopReviews(r *reviewLoop) {
	e.t.Helper()
	made, refused := r.stop()
	e.t.Logf("%d reviews, %d lost", made, len(refused))
	if made < 20 {
		e.t.Errorf("%d reviews show nothing", made)
	}
	for _, err := range refused {
		e.t.Errorf("a review was lost: %v", err)
	}
}

// dropRefusals removes and counts the refusals that contain one of the texts: those of a process that was killed while it answered.
func (r *reviewLoop) dropRefusals(texts ...string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := len(r.refused)
	r.refused = slices.DeleteFunc(r.refused, func(err error) bool {
		return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(err.Error(), text) })
	})
	return before - len(r.refused)
}

// bareURL returns a URL without its path.
func bareURL(url string) string {
	address, _, _ := strings.Cut(strings.TrimPrefix(url, "https://"), "/")
	return "https://" + address
}
