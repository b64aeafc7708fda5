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

// What others do to the webhook configuration and to the Secret is repaired, and what needs no repair refuses nothing.
func TestPathsAreRepaired(t *testing.T) {
	w := newWorld(t)
	controller := w.start("--tls-publish-grace=2s")

	t.Run("the paths are taken away", func(t *testing.T) {
		w.change(func(config *admissionregistrationv1.WebhookClientConfig) {
			bare := bareURL(*config.URL)
			config.URL = &bare
		})
		w.eventually(w.published)
		w.eventually(w.review)
	})
	t.Run("the configuration is made anew", func(t *testing.T) {
		configuration := w.configuration()
		if err := w.Client.Delete(deadline(t), configuration); err != nil {
			t.Fatal(err)
		}
		again := &admissionregistrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: configuration.Name}, Webhooks: configuration.Webhooks}
		for i := range again.Webhooks {
			bare := bareURL(*again.Webhooks[i].ClientConfig.URL)
			again.Webhooks[i].ClientConfig = admissionregistrationv1.WebhookClientConfig{URL: &bare}
		}
		w.create(again)
		w.eventually(w.published)
		w.eventually(w.review)
	})
	t.Run("the Secret is deleted", func(t *testing.T) {
		before, reviews := w.paths(), w.reviewSteadily()
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: seedbed.Namespace, Name: seedbed.PathSecret}}
		if err := w.Client.Delete(deadline(t), secret); err != nil {
			t.Fatal(err)
		}
		w.eventually(func(ctx context.Context) error { // the segment in use is kept, and replaced in order
			return w.Client.Get(ctx, client.ObjectKeyFromObject(secret), secret)
		})
		w.awaitOtherPaths(before)
		w.stopReviews(reviews)
	})
	t.Run("a rotation is asked for and the leader is killed in the midst", func(t *testing.T) {
		second := w.start("--tls-publish-grace=2s")
		before, reviews := w.paths(), w.reviewSteadily()
		w.annotate(seedbed.PathSecret, certs.RotateSegment)
		w.eventually(func(ctx context.Context) error {
			secret := &corev1.Secret{}
			if err := w.Client.Get(ctx, client.ObjectKey{Namespace: seedbed.Namespace, Name: seedbed.PathSecret}, secret); err != nil {
				return err
			}
			if len(secret.Data["next"]) == 0 {
				return errors.New("no rotation has begun")
			}
			return nil
		})
		controller.StopCalls() // what it was asked, and nothing of the paths, ends with it
		controller.Kill()
		w.awaitOtherPaths(before)
		if cut := reviews.forget("connection reset", "EOF"); cut > reviewers {
			t.Errorf("%d reviews were cut off, of %d at a time", cut, reviewers)
		}
		w.stopReviews(reviews)
		w.eventually(second.Ready)
	})
}

// configuration returns the webhook configuration.
func (w *world) configuration() *admissionregistrationv1.ValidatingWebhookConfiguration {
	w.t.Helper()
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	if err := w.Client.Get(deadline(w.t), client.ObjectKey{Name: seedbed.WebhookConfiguration}, configuration); err != nil {
		w.t.Fatal(err)
	}
	return configuration
}

func (w *world) change(edit func(*admissionregistrationv1.WebhookClientConfig)) {
	w.t.Helper()
	w.eventually(func(ctx context.Context) error {
		configuration := w.configuration()
		for i := range configuration.Webhooks {
			edit(&configuration.Webhooks[i].ClientConfig)
		}
		return w.Client.Update(ctx, configuration)
	})
}

// published says which webhook is not called by a segment and its name.
func (w *world) published(context.Context) error {
	for name, path := range w.paths() {
		if !segmentPattern.MatchString(path) || !strings.HasSuffix(path, "/"+name) {
			return fmt.Errorf("webhook %s is called by %q", name, path)
		}
	}
	return nil
}

// review makes one dry run that a webhook has to answer.
func (w *world) review(ctx context.Context) error {
	probe := backup("", []string{"configmaps"}, "default")
	probe.GenerateName = "probe-"
	return w.Client.Create(ctx, probe, client.DryRunAll)
}

// awaitOtherPaths comes back when every webhook is called by another path, and the one before is accepted no more.
func (w *world) awaitOtherPaths(before map[string]string) {
	w.t.Helper()
	w.eventually(func(ctx context.Context) error {
		for name, path := range w.paths() {
			if path == before[name] {
				return fmt.Errorf("webhook %s is called as before", name)
			}
		}
		secret := &corev1.Secret{}
		if err := w.Client.Get(ctx, client.ObjectKey{Namespace: seedbed.Namespace, Name: seedbed.PathSecret}, secret); err != nil {
			return err
		}
		if len(secret.Data) != 1 {
			return fmt.Errorf("a rotation is under way: the Secret has %d segments", len(secret.Data))
		}
		return w.published(ctx)
	})
}

func (w *world) stopReviews(r *reviews) {
	w.t.Helper()
	made, refused := r.stop()
	w.t.Logf("%d reviews, %d lost", made, len(refused))
	if made < 20 {
		w.t.Errorf("%d reviews show nothing", made)
	}
	for _, err := range refused {
		w.t.Errorf("a review was lost: %v", err)
	}
}

// forget leaves out refusals that say one of the texts, and counts them: those of a process that was killed while it answered.
func (r *reviews) forget(texts ...string) int {
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
