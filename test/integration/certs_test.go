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
	// certsGrace is the authority's delay for clients and replicas; certsLag is the second replica's delay.
	certsGrace = 2 * time.Second
	certsLag   = 800 * time.Millisecond
)

// certsEnv is an authority and two replicas behind webhook configurations of their own. Each of their webhooks is called,
// with a handshake of its own, whenever a ConfigMap is created in the namespace.
type certsEnv struct {
	admin         client.Client
	namespace     string
	configuration string
	sources       [2]*certs.Source
	calls         [2]atomic.Int64
}

func TestCertificatesRotateWithoutRefusal(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	e := newCertsEnv(ctx, t)

	secret := e.getSecret(ctx, t)
	if secret.Type != corev1.SecretTypeTLS || len(secret.Data[corev1.TLSPrivateKeyKey]) == 0 {
		t.Errorf("Secret of type %s has no serving certificate", secret.Type)
	}
	refusals := e.createSteadily(ctx, t)

	t.Run("serving certificate", func(t *testing.T) {
		before := e.getSecret(ctx, t)
		e.requestRotation(ctx, t, certs.RotateServing)
		e.awaitSettled(ctx, t, before, corev1.TLSCertKey)
		if after := e.getSecret(ctx, t); string(after.Data["ca.crt"]) != string(before.Data["ca.crt"]) {
			t.Error("the CAs must stay as they are")
		}
	})
	t.Run("CA", func(t *testing.T) {
		before := e.getSecret(ctx, t)
		e.requestRotation(ctx, t, certs.RotateCA)
		e.awaitSettled(ctx, t, before, corev1.TLSCertKey, "issuer.crt", "ca.crt")
	})
	t.Run("configuration wiped", func(t *testing.T) {
		// As `helm upgrade --force-replace` does. Between the wipe and the repair the API server trusts no webhook.
		refusals.pause()
		e.wipeCABundles(ctx, t)
		e.awaitSettled(ctx, t, e.getSecret(ctx, t))
		refusals.resume(ctx, t)
	})
	t.Run("key damaged", func(t *testing.T) {
		before := e.getSecret(ctx, t)
		e.updateSecret(ctx, t, func(s *corev1.Secret) { s.Data[corev1.TLSPrivateKeyKey] = []byte("damaged") })
		e.awaitSettled(ctx, t, &corev1.Secret{}, corev1.TLSPrivateKeyKey)
		if after := e.getSecret(ctx, t); string(after.Data["issuer.key"]) != string(before.Data["issuer.key"]) {
			t.Error("the undamaged keys must stay")
		}
	})
	t.Run("Secret deleted", func(t *testing.T) {
		before := e.getSecret(ctx, t)
		if err := e.admin.Delete(ctx, before); err != nil {
			t.Fatal(err)
		}
		e.awaitSettled(ctx, t, before, corev1.TLSCertKey, "issuer.crt", "ca.crt")
	})

	created, refused := refusals.stop()
	t.Logf("%d ConfigMaps created, %d and %d webhook calls", created, e.calls[0].Load(), e.calls[1].Load())
	if refused != nil {
		t.Errorf("a create was refused: %v", refused)
	}
	if created < 50 || e.calls[0].Load() < created || e.calls[1].Load() < created {
		t.Errorf("%d creates and %d, %d calls show nothing", created, e.calls[0].Load(), e.calls[1].Load())
	}
}

func newCertsEnv(ctx context.Context, t *testing.T) *certsEnv {
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
	e := &certsEnv{admin: admin, namespace: namespace.Name, configuration: namespace.Name}
	var urls []string
	for i := range e.sources {
		e.sources[i] = certs.NewSource(e.namespace, certsName)
		urls = append(urls, e.serveReplica(t, i))
	}
	e.configureWebhooks(ctx, t, urls)
	e.runAuthority(ctx, t)
	if err := cluster.Eventually(ctx, e.checkReady); err != nil {
		t.Fatalf("after the start: %v", err)
	}
	return e
}

// serveReplica starts a replica's webhook server. Connections are not kept, so that each call is a handshake.
func (e *certsEnv) serveReplica(t *testing.T, replica int) string {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		e.calls[replica].Add(1)
		review := &admissionv1.AdmissionReview{}
		if err := json.NewDecoder(in.Body).Decode(review); err != nil || review.Request == nil {
			http.Error(out, "no review", http.StatusBadRequest)
			return
		}
		review.Response = &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: true}
		review.Request = nil
		_ = json.NewEncoder(out).Encode(review) // the API server reports a connection that is cut off
	}))
	server.Config.SetKeepAlivesEnabled(false)
	server.TLS = &tls.Config{GetCertificate: e.sources[replica].GetCertificate}
	// httptest adds a certificate of its own to a TLS configuration without any; this one has none on purpose.
	server.Listener = tls.NewListener(server.Listener, server.TLS)
	server.Start()
	t.Cleanup(server.Close)
	return "https://" + server.Listener.Addr().String()
}

// configureWebhooks gives each replica a webhook of its own.
func (e *certsEnv) configureWebhooks(ctx context.Context, t *testing.T, urls []string) {
	t.Helper()
	called := func(replica int) admissionregistrationv1.WebhookClientConfig {
		return admissionregistrationv1.WebhookClientConfig{URL: &urls[replica]}
	}
	here := &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: e.namespace}}
	rules := []admissionregistrationv1.RuleWithOperations{{
		Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
		Rule: admissionregistrationv1.Rule{
			APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"configmaps"},
		},
	}}
	fail, none := new(admissionregistrationv1.Fail), new(admissionregistrationv1.SideEffectClassNone)
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: e.configuration}}
	for replica := range urls {
		configuration.Webhooks = append(configuration.Webhooks, admissionregistrationv1.ValidatingWebhook{
			Name: fmt.Sprintf("replica%d.seedbed.dev", replica), ClientConfig: called(replica), AdmissionReviewVersions: []string{"v1"},
			FailurePolicy: fail, SideEffects: none, NamespaceSelector: here, Rules: rules,
		})
	}
	if err := e.admin.Create(ctx, configuration); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.admin.Delete(context.WithoutCancel(ctx), configuration) })
}

// runAuthority starts the authority and the first source in a manager. The second source gets the manager's objects, late.
func (e *certsEnv) runAuthority(ctx context.Context, t *testing.T) {
	t.Helper()
	mgr, err := manager.New(testCluster.Config(), manager.Options{
		Scheme:     clientgoscheme.Scheme,
		Cache:      cache.Options{ByObject: certs.CacheByObject(e.namespace, certsName, e.configuration)},
		Metrics:    metricsserver.Options{BindAddress: "0"},
		Controller: config.Controller{SkipNameValidation: new(true)},
	})
	if err != nil {
		t.Fatal(err)
	}
	authority, err := certs.NewAuthority(certs.AuthorityOptions{
		Namespace: e.namespace, SecretName: certsName, WebhookConfiguration: e.configuration,
		DNSNames: []string{"127.0.0.1"}, PublishGrace: certsGrace,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(authority.SetupWithManager(mgr), e.sources[0].SetupWithManager(mgr)); err != nil {
		t.Fatal(err)
	}
	informer, err := mgr.GetCache().GetInformer(ctx, &corev1.Secret{}, cache.BlockUntilSynced(false))
	if err != nil {
		t.Fatal(err)
	}
	late := func(obj any) {
		time.AfterFunc(certsLag, func() { _ = e.sources[1].Load(obj.(*corev1.Secret)) }) // the first source reports damage
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

// checkReady returns an error if a ConfigMap cannot be created now.
func (e *certsEnv) checkReady(ctx context.Context) error {
	if err := errors.Join(e.sources[0].Ready(nil), e.sources[1].Ready(nil)); err != nil {
		return err
	}
	return e.createConfigMap(ctx)
}

func (e *certsEnv) createConfigMap(ctx context.Context) error {
	probe := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: e.namespace, GenerateName: "probe-"}}
	return e.admin.Create(ctx, probe, client.DryRunAll)
}

func (e *certsEnv) getSecret(ctx context.Context, t *testing.T) *corev1.Secret {
	t.Helper()
	secret := &corev1.Secret{}
	if err := e.admin.Get(ctx, client.ObjectKey{Namespace: e.namespace, Name: certsName}, secret); err != nil {
		t.Fatal(err)
	}
	return secret
}

func (e *certsEnv) requestRotation(ctx context.Context, t *testing.T, rotation string) {
	t.Helper()
	e.updateSecret(ctx, t, func(s *corev1.Secret) {
		s.Annotations = maps.Clone(s.Annotations)
		if s.Annotations == nil {
			s.Annotations = map[string]string{}
		}
		s.Annotations[certs.AnnotationRotate] = rotation
	})
}

func (e *certsEnv) updateSecret(ctx context.Context, t *testing.T, change func(*corev1.Secret)) {
	t.Helper()
	if err := cluster.Eventually(ctx, func(ctx context.Context) error {
		secret := e.getSecret(ctx, t)
		change(secret)
		return e.admin.Update(ctx, secret)
	}); err != nil {
		t.Fatal(err)
	}
}

// wipeCABundles removes the CAs from the webhook configurations.
func (e *certsEnv) wipeCABundles(ctx context.Context, t *testing.T) {
	t.Helper()
	if err := cluster.Eventually(ctx, func(ctx context.Context) error {
		configuration, err := e.getConfiguration(ctx)
		if err != nil {
			return err
		}
		for i := range configuration.Webhooks {
			configuration.Webhooks[i].ClientConfig.CABundle = nil
		}
		return e.admin.Update(ctx, configuration)
	}); err != nil {
		t.Fatal(err)
	}
}

func (e *certsEnv) getConfiguration(ctx context.Context) (*admissionregistrationv1.ValidatingWebhookConfiguration, error) {
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	return configuration, e.admin.Get(ctx, client.ObjectKey{Name: e.configuration}, configuration)
}

// awaitSettled waits until the Secret's keys differ from before, no rotation is in progress, both replicas serve
// the Secret's certificate, and the configuration holds its CAs.
func (e *certsEnv) awaitSettled(ctx context.Context, t *testing.T, before *corev1.Secret, keys ...string) {
	t.Helper()
	if err := cluster.Eventually(ctx, func(ctx context.Context) error {
		secret := &corev1.Secret{}
		if err := e.admin.Get(ctx, client.ObjectKey{Namespace: e.namespace, Name: certsName}, secret); err != nil {
			return err
		}
		for _, key := range keys {
			if string(secret.Data[key]) == string(before.Data[key]) {
				return fmt.Errorf("%s has not changed", key)
			}
		}
		if len(secret.Annotations) > 0 {
			return fmt.Errorf("a rotation is in progress: %v", secret.Annotations)
		}
		return e.checkSettled(ctx, secret)
	}); err != nil {
		t.Fatal(err)
	}
}

func (e *certsEnv) checkSettled(ctx context.Context, secret *corev1.Secret) error {
	want, err := tls.X509KeyPair(secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey])
	if err != nil {
		return err
	}
	for i, source := range e.sources {
		if got, err := source.GetCertificate(nil); err != nil || !got.Leaf.Equal(want.Leaf) {
			return fmt.Errorf("replica %d serves another certificate: %w", i, err)
		}
	}
	configuration, err := e.getConfiguration(ctx)
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
