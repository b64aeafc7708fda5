package integration

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"seedbed.dev/seedbed/pkg/certs"
	"seedbed.dev/seedbed/test/cluster"
)

const (
	certsName = "webhook-tls"
	// certsGrace is what the authority waits for clients and replicas; certsLag is how late the second replica learns.
	certsGrace = 2 * time.Second
	certsLag   = 800 * time.Millisecond
)

// certsWorld is an authority and two replicas behind webhook configurations of their own. Each webhook of them is called,
// with a handshake of its own, whenever a ConfigMap is created in the namespace.
type certsWorld struct {
	admin         client.Client
	namespace     string
	configuration string
	sources       [2]*certs.Source
	calls         [2]atomic.Int64
}

func TestCertificatesRotateWithoutRefusal(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	w := newCertsWorld(ctx, t)

	secret := w.secret(ctx, t)
	if secret.Type != corev1.SecretTypeTLS || len(secret.Data[corev1.TLSPrivateKeyKey]) == 0 {
		t.Errorf("Secret of type %s has no serving certificate", secret.Type)
	}
	refusals := w.createSteadily(ctx, t)

	t.Run("serving certificate", func(t *testing.T) {
		before := w.secret(ctx, t)
		w.request(ctx, t, certs.RotateServing)
		w.settle(ctx, t, before, corev1.TLSCertKey)
		if after := w.secret(ctx, t); string(after.Data["ca.crt"]) != string(before.Data["ca.crt"]) {
			t.Error("the CAs must stay as they are")
		}
	})
	t.Run("CA", func(t *testing.T) {
		before := w.secret(ctx, t)
		w.request(ctx, t, certs.RotateCA)
		w.settle(ctx, t, before, corev1.TLSCertKey, "issuer.crt", "ca.crt")
	})
	t.Run("configuration wiped", func(t *testing.T) {
		// As `helm upgrade --force-replace` does. Between the wipe and the repair the API server trusts nobody.
		refusals.pause()
		w.wipe(ctx, t)
		w.settle(ctx, t, w.secret(ctx, t))
		refusals.resume(ctx, t)
	})
	t.Run("key damaged", func(t *testing.T) {
		before := w.secret(ctx, t)
		w.update(ctx, t, func(s *corev1.Secret) { s.Data[corev1.TLSPrivateKeyKey] = []byte("damaged") })
		w.settle(ctx, t, &corev1.Secret{}, corev1.TLSPrivateKeyKey)
		if after := w.secret(ctx, t); string(after.Data["issuer.key"]) != string(before.Data["issuer.key"]) {
			t.Error("what was good must stay")
		}
	})
	t.Run("Secret deleted", func(t *testing.T) {
		before := w.secret(ctx, t)
		if err := w.admin.Delete(ctx, before); err != nil {
			t.Fatal(err)
		}
		w.settle(ctx, t, before, corev1.TLSCertKey, "issuer.crt", "ca.crt")
	})

	created, refused := refusals.stop()
	t.Logf("%d ConfigMaps created, %d and %d webhook calls", created, w.calls[0].Load(), w.calls[1].Load())
	if refused != nil {
		t.Errorf("a create was refused: %v", refused)
	}
	if created < 50 || w.calls[0].Load() < created || w.calls[1].Load() < created {
		t.Errorf("%d creates and %d, %d calls show nothing", created, w.calls[0].Load(), w.calls[1].Load())
	}
}

func newCertsWorld(ctx context.Context, t *testing.T) *certsWorld {
	t.Helper()
	admin, err := client.New(testCluster.Config(), client.Options{Scheme: clientgoscheme.Scheme})
	if err != nil {
		t.Fatal(err)
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "certs-"}}
	if err := admin.Create(ctx, namespace); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Delete(context.WithoutCancel(ctx), namespace) })
	w := &certsWorld{admin: admin, namespace: namespace.Name, configuration: namespace.Name}
	var urls []string
	for i := range w.sources {
		w.sources[i] = certs.NewSource(w.namespace, certsName)
		urls = append(urls, w.serve(t, i))
	}
	w.configure(ctx, t, urls)
	w.run(ctx, t)
	if err := cluster.Eventually(ctx, w.ready); err != nil {
		t.Fatalf("after the start: %v", err)
	}
	return w
}

// serve starts a replica's webhook server. Connections are not kept, so that each call is a handshake.
func (w *certsWorld) serve(t *testing.T, replica int) string {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		w.calls[replica].Add(1)
		review := &admissionv1.AdmissionReview{}
		if err := json.NewDecoder(in.Body).Decode(review); err != nil || review.Request == nil {
			http.Error(out, "no review", http.StatusBadRequest)
			return
		}
		review.Response = &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: true}
		review.Request = nil
		_ = json.NewEncoder(out).Encode(review) // the API server tells when it is cut off
	}))
	server.Config.SetKeepAlivesEnabled(false)
	server.TLS = &tls.Config{GetCertificate: w.sources[replica].GetCertificate}
	// httptest adds a certificate of its own to a TLS configuration without any; this one has none on purpose.
	server.Listener = tls.NewListener(server.Listener, server.TLS)
	server.Start()
	t.Cleanup(server.Close)
	return "https://" + server.Listener.Addr().String()
}

// configure has each replica called by a webhook of its own.
func (w *certsWorld) configure(ctx context.Context, t *testing.T, urls []string) {
	t.Helper()
	called := func(replica int) admissionregistrationv1.WebhookClientConfig {
		return admissionregistrationv1.WebhookClientConfig{URL: &urls[replica]}
	}
	here := &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: w.namespace}}
	rules := []admissionregistrationv1.RuleWithOperations{{
		Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
		Rule: admissionregistrationv1.Rule{
			APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"configmaps"},
		},
	}}
	fail, none := ptr.To(admissionregistrationv1.Fail), ptr.To(admissionregistrationv1.SideEffectClassNone)
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: w.configuration}}
	for replica := range urls {
		configuration.Webhooks = append(configuration.Webhooks, admissionregistrationv1.ValidatingWebhook{
			Name: fmt.Sprintf("replica%d.seedbed.dev", replica), ClientConfig: called(replica), AdmissionReviewVersions: []string{"v1"},
			FailurePolicy: fail, SideEffects: none, NamespaceSelector: here, Rules: rules,
		})
	}
	if err := w.admin.Create(ctx, configuration); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.admin.Delete(context.WithoutCancel(ctx), configuration) })
}

// run starts the authority and the first source in a manager. The second source gets what the manager's cache sees, late.
func (w *certsWorld) run(ctx context.Context, t *testing.T) {
	t.Helper()
	mgr, err := manager.New(testCluster.Config(), manager.Options{
		Scheme:     clientgoscheme.Scheme,
		Cache:      cache.Options{ByObject: certs.CacheByObject(w.namespace, certsName, w.configuration)},
		Metrics:    metricsserver.Options{BindAddress: "0"},
		Controller: config.Controller{SkipNameValidation: ptr.To(true)},
	})
	if err != nil {
		t.Fatal(err)
	}
	authority, err := certs.NewAuthority(certs.AuthorityOptions{
		Namespace: w.namespace, SecretName: certsName, WebhookConfiguration: w.configuration,
		DNSNames: []string{"127.0.0.1"}, PublishGrace: certsGrace,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(authority.SetupWithManager(mgr), w.sources[0].SetupWithManager(mgr)); err != nil {
		t.Fatal(err)
	}
	informer, err := mgr.GetCache().GetInformer(ctx, &corev1.Secret{}, cache.BlockUntilSynced(false))
	if err != nil {
		t.Fatal(err)
	}
	late := func(obj any) {
		time.AfterFunc(certsLag, func() { _ = w.sources[1].Load(obj.(*corev1.Secret)) }) // damage is the first source's to tell
	}
	if _, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    late,
		UpdateFunc: func(_, obj any) { late(obj) },
	}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the manager ended: %v", err)
		}
	})
}

// ready says why a ConfigMap could not be created now.
func (w *certsWorld) ready(ctx context.Context) error {
	if err := errors.Join(w.sources[0].Ready(nil), w.sources[1].Ready(nil)); err != nil {
		return err
	}
	return w.create(ctx)
}

func (w *certsWorld) create(ctx context.Context) error {
	probe := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, GenerateName: "probe-"}}
	return w.admin.Create(ctx, probe, client.DryRunAll)
}

func (w *certsWorld) secret(ctx context.Context, t *testing.T) *corev1.Secret {
	t.Helper()
	secret := &corev1.Secret{}
	if err := w.admin.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: certsName}, secret); err != nil {
		t.Fatal(err)
	}
	return secret
}

func (w *certsWorld) request(ctx context.Context, t *testing.T, rotation string) {
	t.Helper()
	w.update(ctx, t, func(s *corev1.Secret) {
		s.Annotations = maps.Clone(s.Annotations)
		if s.Annotations == nil {
			s.Annotations = map[string]string{}
		}
		s.Annotations[certs.AnnotationRotate] = rotation
	})
}

func (w *certsWorld) update(ctx context.Context, t *testing.T, change func(*corev1.Secret)) {
	t.Helper()
	if err := cluster.Eventually(ctx, func(ctx context.Context) error {
		secret := w.secret(ctx, t)
		change(secret)
		return w.admin.Update(ctx, secret)
	}); err != nil {
		t.Fatal(err)
	}
}

// wipe takes the CAs out of the webhook configurations.
func (w *certsWorld) wipe(ctx context.Context, t *testing.T) {
	t.Helper()
	if err := cluster.Eventually(ctx, func(ctx context.Context) error {
		configuration, err := w.configured(ctx)
		if err != nil {
			return err
		}
		for i := range configuration.Webhooks {
			configuration.Webhooks[i].ClientConfig.CABundle = nil
		}
		return w.admin.Update(ctx, configuration)
	}); err != nil {
		t.Fatal(err)
	}
}

func (w *certsWorld) configured(ctx context.Context) (*admissionregistrationv1.ValidatingWebhookConfiguration, error) {
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	return configuration, w.admin.Get(ctx, client.ObjectKey{Name: w.configuration}, configuration)
}

// settle comes back when the Secret's keys are others than before, nothing is under way any more, both replicas serve
// the Secret's certificate, and the configuration holds its CAs.
func (w *certsWorld) settle(ctx context.Context, t *testing.T, before *corev1.Secret, keys ...string) {
	t.Helper()
	if err := cluster.Eventually(ctx, func(ctx context.Context) error {
		secret := &corev1.Secret{}
		if err := w.admin.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: certsName}, secret); err != nil {
			return err
		}
		for _, key := range keys {
			if string(secret.Data[key]) == string(before.Data[key]) {
				return fmt.Errorf("%s is what it was", key)
			}
		}
		if len(secret.Annotations) > 0 {
			return fmt.Errorf("a rotation is under way: %v", secret.Annotations)
		}
		return w.settled(ctx, secret)
	}); err != nil {
		t.Fatal(err)
	}
}

func (w *certsWorld) settled(ctx context.Context, secret *corev1.Secret) error {
	want, err := tls.X509KeyPair(secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey])
	if err != nil {
		return err
	}
	for i, source := range w.sources {
		if got, err := source.GetCertificate(nil); err != nil || !got.Leaf.Equal(want.Leaf) {
			return fmt.Errorf("replica %d serves another certificate: %w", i, err)
		}
	}
	configuration, err := w.configured(ctx)
	if err != nil {
		return err
	}
	for _, webhook := range configuration.Webhooks {
		if string(webhook.ClientConfig.CABundle) != string(secret.Data["ca.crt"]) {
			return fmt.Errorf("the webhook %s does not hold the Secret's CAs", webhook.Name)
		}
	}
	return nil
}
