package integration

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/client-go/discovery"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	webhook "sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"seedbed.dev/seedbed/pkg/admission"
	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
)

// admissionLabel selects the objects of a test's webhooks; its value is the test's id.
const admissionLabel = "integration.seedbed.dev/admission"

// admissionEnv serves every handler of pkg/admission behind a webhook configuration of its own, for objects
// that carry the test's label, with real caches, clients and access reviews.
type admissionEnv struct {
	id    string // also ends every name
	admin client.Client
	hints *fakeHints
	// catalog is the handlers' source of objects.
	catalog *admission.Catalog
}

func admissionScheme(t *testing.T) *runtime.Scheme {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	return scheme
}

func newAdmissionEnv(t *testing.T) *admissionEnv {
	t.Helper()
	admin := adminClient(t)
	e := &admissionEnv{id: newNamespace(t, "admission"), admin: admin, hints: &fakeHints{}}
	e.catalog = &admission.Catalog{Cached: newCachedReader(t, cache.Options{}), Live: admin}
	e.configureWebhooks(t, e.serveHandlers(t))
	return e
}

var installCRDs = sync.OnceValue(func() error {
	root, err := cluster.Root()
	if err != nil {
		return err
	}
	_, err = envtest.InstallCRDs(testCluster.Config(), envtest.CRDInstallOptions{Paths: []string{filepath.Join(root, "config", "crd")}, ErrorIfPathMissing: true})
	return err
})

// adminClient returns an administrator's client that knows Seedbed's kinds.
func adminClient(t *testing.T) client.WithWatch {
	t.Helper()
	if err := installCRDs(); err != nil {
		t.Fatal(err)
	}
	return newClient(t, testCluster.Config())
}

func newClient(t *testing.T, config *rest.Config) client.WithWatch {
	t.Helper()
	reached, err := client.NewWithWatch(config, client.Options{Scheme: admissionScheme(t)})
	if err != nil {
		t.Fatal(err)
	}
	return reached
}

// newCachedReader returns a reader of watches, limited by the options.
func newCachedReader(t *testing.T, options cache.Options) client.Reader {
	t.Helper()
	options.Scheme = admissionScheme(t)
	informers, err := cache.New(testCluster.Config(), options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- informers.Start(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the cache ended: %v", err)
		}
	})
	for _, object := range []client.Object{&v1alpha1.Baseline{}, &v1alpha1.BaselineBackup{}} {
		if _, err := informers.GetInformer(testContext(t), object); err != nil {
			t.Fatal(err)
		}
	}
	return informers
}

func (e *admissionEnv) serveHandlers(t *testing.T) *httptest.Server {
	t.Helper()
	client := clientFor(t, testCluster.Config())
	reviewer := admission.NewAccessReviewer(client.AuthorizationV1().SubjectAccessReviews(), clock.RealClock{})
	own := "seedbed-" + e.id
	namespaces := &admission.NamespaceValidator{Baselines: e.catalog, Hints: e.hints}
	mux := http.NewServeMux()
	serveValidator(t, mux, "/choose", namespaces, admission.Options{Name: admission.WebhookChoose, FailurePolicy: admissionregistrationv1.Ignore})
	serveValidator(t, mux, "/populate", namespaces, admission.Options{Name: admission.WebhookPopulate, FailurePolicy: admissionregistrationv1.Ignore})
	serveValidator(t, mux, "/backup", &admission.BackupValidator{Reviewer: reviewer, Resources: servedResources{client.Discovery()}, Uses: e.catalog},
		admission.Options{Name: admission.WebhookBackup, FailurePolicy: admissionregistrationv1.Fail, OwnUser: own})
	serveValidator(t, mux, "/baseline", &admission.BaselineValidator{Backups: e.catalog},
		admission.Options{Name: admission.WebhookBaseline, FailurePolicy: admissionregistrationv1.Ignore, OwnUser: own})
	serveValidator(t, mux, "/restore", &admission.RestoreValidator{Backups: e.catalog},
		admission.Options{Name: admission.WebhookRestore, FailurePolicy: admissionregistrationv1.Ignore, OwnUser: own})
	server := httptest.NewTLSServer(mux)
	t.Cleanup(server.Close)
	return server
}

// serveValidator serves a validator at a path, as the controller does.
func serveValidator[T runtime.Object](t *testing.T, mux *http.ServeMux, path string, validator webhook.Validator[T], o admission.Options) {
	t.Helper()
	o.Recorder, o.Clock = fakeRecorder{}, clock.RealClock{}
	mux.Handle(path, admission.NewWebhook(admissionScheme(t), validator, o))
}

func (e *admissionEnv) configureWebhooks(t *testing.T, server *httptest.Server) {
	t.Helper()
	const created, updated, deleted = admissionregistrationv1.Create, admissionregistrationv1.Update, admissionregistrationv1.Delete
	rule := func(resource string, operations ...admissionregistrationv1.OperationType) admissionregistrationv1.RuleWithOperations {
		r := admissionregistrationv1.RuleWithOperations{Operations: operations}
		r.APIGroups, r.APIVersions, r.Resources = []string{"", v1alpha1.GroupName}, []string{"v1", "v1alpha1"}, []string{resource}
		return r
	}
	const asks = "has(object.metadata.annotations) && 'seedbed.dev/baseline' in object.metadata.annotations"
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: e.id},
		Webhooks: []admissionregistrationv1.ValidatingWebhook{
			e.newWebhook(server, admission.WebhookChoose, "/choose", asks, rule("namespaces", created, updated), rule("namespaces/status", updated), rule("namespaces/finalize", updated)),
			e.newWebhook(server, admission.WebhookPopulate, "/populate", "!("+asks+")", rule("namespaces", created)),
			e.newWebhook(server, admission.WebhookBackup, "/backup", "true", rule("baselinebackups", created, deleted)),
			e.newWebhook(server, admission.WebhookBaseline, "/baseline", "true", rule("baselines", created, updated)),
			e.newWebhook(server, admission.WebhookRestore, "/restore", "true", rule("baselinerestores", created)),
		},
	}
	e.createObject(t, e.admin, configuration)
	// The API server learns of it by a watch. From then on malformed objects are refused.
	if err := cluster.Eventually(testContext(t), func(ctx context.Context) error {
		err := e.admin.Create(ctx, e.newNamespace("ready", "Malformed"), client.DryRunAll)
		if err == nil {
			return errors.New("not refused yet")
		}
		if apierrors.IsForbidden(err) {
			return nil
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func (e *admissionEnv) newWebhook(server *httptest.Server, name, path, condition string, rules ...admissionregistrationv1.RuleWithOperations) admissionregistrationv1.ValidatingWebhook {
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return admissionregistrationv1.ValidatingWebhook{
		Name:                    name,
		ClientConfig:            admissionregistrationv1.WebhookClientConfig{URL: new(server.URL + path), CABundle: authority},
		AdmissionReviewVersions: []string{"v1"},
		FailurePolicy:           new(admissionregistrationv1.Fail),
		SideEffects:             new(admissionregistrationv1.SideEffectClassNoneOnDryRun),
		ObjectSelector:          &metav1.LabelSelector{MatchLabels: map[string]string{admissionLabel: e.id}},
		MatchConditions:         []admissionregistrationv1.MatchCondition{{Name: "condition", Expression: condition}},
		Rules:                   rules,
	}
}

// uniqueName returns a name that no other test has.
func (e *admissionEnv) uniqueName(name string) string { return name + "-" + e.id }

func (e *admissionEnv) newMeta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: e.uniqueName(name), Labels: map[string]string{admissionLabel: e.id}}
}

// newNamespace returns a namespace that asks for a baseline, unless that is empty.
func (e *admissionEnv) newNamespace(name, baseline string) *corev1.Namespace {
	namespace := &corev1.Namespace{ObjectMeta: e.newMeta(name)}
	if baseline != "" {
		namespace.Annotations = map[string]string{v1alpha1.AnnotationBaseline: baseline}
	}
	return namespace
}

func (e *admissionEnv) newBaseline(name, backup string) *v1alpha1.Baseline {
	return &v1alpha1.Baseline{ObjectMeta: e.newMeta(name), Spec: v1alpha1.BaselineSpec{Backup: e.uniqueName(backup)}}
}

func (e *admissionEnv) newBackup(name string, resources ...string) *v1alpha1.BaselineBackup {
	return &v1alpha1.BaselineBackup{ObjectMeta: e.newMeta(name), Spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{e.id}, IncludedResources: resources}}
}

func (e *admissionEnv) newRestore(name string, spec v1alpha1.BaselineRestoreSpec) *v1alpha1.BaselineRestore {
	restore := &v1alpha1.BaselineRestore{ObjectMeta: e.newMeta(name), Spec: spec}
	restore.Namespace = e.id
	return restore
}

// awaitCached waits until the handlers' cache has an object, because they answer from it.
func (e *admissionEnv) awaitCached(t *testing.T, object client.Object) {
	t.Helper()
	if err := cluster.Eventually(testContext(t), func(ctx context.Context) error {
		return e.catalog.Cached.Get(ctx, client.ObjectKeyFromObject(object), object)
	}); err != nil {
		t.Fatal(err)
	}
}

// createObject creates an object that is deleted with the test.
func (e *admissionEnv) createObject(t *testing.T, as client.Client, object client.Object) {
	t.Helper()
	if err := as.Create(testContext(t), object); err != nil {
		t.Fatalf("creating %T %s: %v", object, object.GetName(), err)
	}
	t.Cleanup(func() { e.deleteObject(t, object) })
}

func (e *admissionEnv) deleteObject(t *testing.T, object client.Object) {
	ctx := cleanupContext(t)
	if err := e.admin.Delete(ctx, object); client.IgnoreNotFound(err) != nil {
		t.Errorf("deleting %T %s: %v", object, object.GetName(), err)
	}
}

// newUser returns a client of a user with only the rules' rights; the API server's warnings go to
// the returned list.
func (e *admissionEnv) newUser(t *testing.T, name string, rules ...rbacv1.PolicyRule) (client.Client, *warningList) {
	t.Helper()
	config, err := testCluster.UserConfig(testContext(t), e.uniqueName(name), []string{"tenants-" + e.id})
	if err != nil {
		t.Fatal(err)
	}
	warnings := &warningList{}
	config.WarningHandler = warnings
	config.WarningHandlerWithContext = nil
	e.grantRules(t, name, rules...)
	return newClient(t, config), warnings
}

// grantRules grants the rules to a user, and waits until the API server applies them.
func (e *admissionEnv) grantRules(t *testing.T, user string, rules ...rbacv1.PolicyRule) *rbacv1.ClusterRoleBinding {
	t.Helper()
	if len(rules) == 0 {
		return nil
	}
	meta := metav1.ObjectMeta{Name: e.uniqueName(user) + "-" + rand.String(8)}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: meta,
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: e.uniqueName(user)}},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: meta.Name},
	}
	e.createObject(t, e.admin, &rbacv1.ClusterRole{ObjectMeta: meta, Rules: rules})
	e.createObject(t, e.admin, binding)
	last := rules[len(rules)-1]
	attributes := &authorizationv1.ResourceAttributes{Verb: last.Verbs[0], Group: last.APIGroups[0], Resource: last.Resources[0]}
	if len(last.ResourceNames) > 0 {
		attributes.Name = last.ResourceNames[0]
	}
	if err := cluster.Eventually(testContext(t), func(ctx context.Context) error {
		review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{User: e.uniqueName(user), ResourceAttributes: attributes}}
		if err := e.admin.Create(ctx, review); err != nil {
			return err
		}
		if !review.Status.Allowed {
			return fmt.Errorf("user %s may not %s %s yet", e.uniqueName(user), attributes.Verb, attributes.Resource)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return binding
}

func policyRule(group, resource string, names []string, verbs ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{Verbs: verbs, APIGroups: []string{group}, Resources: []string{resource}, ResourceNames: names}
}

// tenant may create and change namespaces, on every path.
var tenant = []rbacv1.PolicyRule{
	policyRule("", "namespaces", nil, "create", "get", "update"),
	policyRule("", "namespaces/status", nil, "update"),
	policyRule("", "namespaces/finalize", nil, "update"),
}

type fakeHints struct {
	mu    sync.Mutex
	hints []string
}

func (h *fakeHints) Enqueue(namespace string, uid types.UID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hints = append(h.hints, namespace+"/"+string(uid))
}

// hasNamespace reports whether a namespace was enqueued, by name and UID.
func (h *fakeHints) hasNamespace(namespace *corev1.Namespace) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.hints, namespace.Name+"/"+string(namespace.UID))
}

func (h *fakeHints) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.hints)
}

type warningList struct {
	mu       sync.Mutex
	warnings []string
}

func (l *warningList) HandleWarningHeader(_ int, _ string, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.warnings = append(l.warnings, text)
}

func (l *warningList) takeAll() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.warnings
	l.warnings = nil
	return taken
}

// fakeRecorder drops the metrics of answers.
type fakeRecorder struct{}

func (fakeRecorder) Admission(string, string, time.Duration) {}

// servedResources resolves the cluster's resources by their plural names.
type servedResources struct{ discovery.DiscoveryInterface }

func (s servedResources) Resolve(_ context.Context, names []string) (found []schema.GroupResource, unknown []string, err error) {
	all, err := s.listAll()
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		wanted := schema.ParseGroupResource(name)
		if !slices.Contains(all, wanted) {
			unknown = append(unknown, name)
			continue
		}
		found = append(found, wanted)
	}
	return found, unknown, nil
}

func (s servedResources) listAll() ([]schema.GroupResource, error) {
	lists, err := s.ServerPreferredNamespacedResources()
	if err != nil {
		return nil, err
	}
	var all []schema.GroupResource
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return nil, err
		}
		for _, resource := range list.APIResources {
			all = append(all, schema.GroupResource{Group: version.Group, Resource: resource.Name})
		}
	}
	return all, nil
}
