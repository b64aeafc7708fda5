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
	"k8s.io/client-go/discovery"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	webhook "sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"seedbed.dev/seedbed/pkg/admission"
	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
)

// admissionLabel marks what a test's webhooks are about; its value is the test's id.
const admissionLabel = "integration.seedbed.dev/admission"

// admissionWorld is every handler of pkg/admission behind a webhook configuration of its own, for objects
// that carry the test's label, with real caches, clients and access reviews.
type admissionWorld struct {
	id    string // also ends every name
	admin client.Client
	hints *hintList
	// catalog is what the handlers ask.
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

func newAdmissionWorld(t *testing.T) *admissionWorld {
	t.Helper()
	admin := adminClient(t)
	w := &admissionWorld{id: newNamespace(t, "admission"), admin: admin, hints: &hintList{}}
	w.catalog = &admission.Catalog{Cached: cached(t, cache.Options{}), Live: admin}
	w.configure(t, w.serve(t))
	return w
}

var installCRDs = sync.OnceValue(func() error {
	root, err := cluster.Root()
	if err != nil {
		return err
	}
	_, err = envtest.InstallCRDs(testCluster.Config(), envtest.CRDInstallOptions{Paths: []string{filepath.Join(root, "config", "crd")}, ErrorIfPathMissing: true})
	return err
})

// adminClient may do anything, Seedbed's kinds included.
func adminClient(t *testing.T) client.WithWatch {
	t.Helper()
	if err := installCRDs(); err != nil {
		t.Fatal(err)
	}
	return reachAs(t, testCluster.Config())
}

func reachAs(t *testing.T, config *rest.Config) client.WithWatch {
	t.Helper()
	reached, err := client.NewWithWatch(config, client.Options{Scheme: admissionScheme(t)})
	if err != nil {
		t.Fatal(err)
	}
	return reached
}

// cached reads from watches, of what the options let through.
func cached(t *testing.T, options cache.Options) client.Reader {
	t.Helper()
	options.Scheme = admissionScheme(t)
	informers, err := cache.New(testCluster.Config(), options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- informers.Start(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the cache ended: %v", err)
		}
	})
	for _, object := range []client.Object{&v1alpha1.Baseline{}, &v1alpha1.BaselineBackup{}} {
		if _, err := informers.GetInformer(deadline(t), object); err != nil {
			t.Fatal(err)
		}
	}
	return informers
}

func (w *admissionWorld) serve(t *testing.T) *httptest.Server {
	t.Helper()
	client := clientFor(t, testCluster.Config())
	reviewer := admission.NewAccessReviewer(client.AuthorizationV1().SubjectAccessReviews(), clock.RealClock{})
	own := "seedbed-" + w.id
	namespaces := &admission.NamespaceValidator{Baselines: w.catalog, Hints: w.hints}
	mux := http.NewServeMux()
	handle(t, mux, "/choose", namespaces, admission.Options{Name: admission.WebhookChoose, FailurePolicy: admissionregistrationv1.Ignore})
	handle(t, mux, "/populate", namespaces, admission.Options{Name: admission.WebhookPopulate, FailurePolicy: admissionregistrationv1.Ignore})
	handle(t, mux, "/backup", &admission.BackupValidator{Reviewer: reviewer, Resources: served{client.Discovery()}, Uses: w.catalog},
		admission.Options{Name: admission.WebhookBackup, FailurePolicy: admissionregistrationv1.Fail, OwnUser: own})
	handle(t, mux, "/baseline", &admission.BaselineValidator{Backups: w.catalog},
		admission.Options{Name: admission.WebhookBaseline, FailurePolicy: admissionregistrationv1.Ignore, OwnUser: own})
	handle(t, mux, "/restore", &admission.RestoreValidator{Backups: w.catalog},
		admission.Options{Name: admission.WebhookRestore, FailurePolicy: admissionregistrationv1.Ignore, OwnUser: own})
	server := httptest.NewTLSServer(mux)
	t.Cleanup(server.Close)
	return server
}

// handle serves a validator at a path, as the controller does.
func handle[T runtime.Object](t *testing.T, mux *http.ServeMux, path string, validator webhook.Validator[T], o admission.Options) {
	t.Helper()
	o.Recorder, o.Clock = noRecorder{}, clock.RealClock{}
	mux.Handle(path, admission.NewWebhook(admissionScheme(t), validator, o))
}

func (w *admissionWorld) configure(t *testing.T, server *httptest.Server) {
	t.Helper()
	const created, updated, deleted = admissionregistrationv1.Create, admissionregistrationv1.Update, admissionregistrationv1.Delete
	rule := func(resource string, operations ...admissionregistrationv1.OperationType) admissionregistrationv1.RuleWithOperations {
		r := admissionregistrationv1.RuleWithOperations{Operations: operations}
		r.APIGroups, r.APIVersions, r.Resources = []string{"", v1alpha1.GroupName}, []string{"v1", "v1alpha1"}, []string{resource}
		return r
	}
	const asks = "has(object.metadata.annotations) && 'seedbed.dev/baseline' in object.metadata.annotations"
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: w.id},
		Webhooks: []admissionregistrationv1.ValidatingWebhook{
			w.webhook(server, admission.WebhookChoose, "/choose", asks, rule("namespaces", created, updated), rule("namespaces/status", updated), rule("namespaces/finalize", updated)),
			w.webhook(server, admission.WebhookPopulate, "/populate", "!("+asks+")", rule("namespaces", created)),
			w.webhook(server, admission.WebhookBackup, "/backup", "true", rule("baselinebackups", created, deleted)),
			w.webhook(server, admission.WebhookBaseline, "/baseline", "true", rule("baselines", created, updated)),
			w.webhook(server, admission.WebhookRestore, "/restore", "true", rule("baselinerestores", created)),
		},
	}
	w.create(t, w.admin, configuration)
	// The API server learns of it by a watch. What is malformed is refused as soon as it has.
	if err := cluster.Eventually(deadline(t), func(ctx context.Context) error {
		err := w.admin.Create(ctx, w.namespace("ready", "Malformed"), client.DryRunAll)
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

func (w *admissionWorld) webhook(server *httptest.Server, name, path, condition string, rules ...admissionregistrationv1.RuleWithOperations) admissionregistrationv1.ValidatingWebhook {
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return admissionregistrationv1.ValidatingWebhook{
		Name:                    name,
		ClientConfig:            admissionregistrationv1.WebhookClientConfig{URL: ptr.To(server.URL + path), CABundle: authority},
		AdmissionReviewVersions: []string{"v1"},
		FailurePolicy:           ptr.To(admissionregistrationv1.Fail),
		SideEffects:             ptr.To(admissionregistrationv1.SideEffectClassNoneOnDryRun),
		ObjectSelector:          &metav1.LabelSelector{MatchLabels: map[string]string{admissionLabel: w.id}},
		MatchConditions:         []admissionregistrationv1.MatchCondition{{Name: "condition", Expression: condition}},
		Rules:                   rules,
	}
}

// name is one that no other test has.
func (w *admissionWorld) name(name string) string { return name + "-" + w.id }

func (w *admissionWorld) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: w.name(name), Labels: map[string]string{admissionLabel: w.id}}
}

// namespace asks for a baseline, unless that is empty.
func (w *admissionWorld) namespace(name, baseline string) *corev1.Namespace {
	namespace := &corev1.Namespace{ObjectMeta: w.meta(name)}
	if baseline != "" {
		namespace.Annotations = map[string]string{v1alpha1.AnnotationBaseline: baseline}
	}
	return namespace
}

func (w *admissionWorld) baseline(name, backup string) *v1alpha1.Baseline {
	return &v1alpha1.Baseline{ObjectMeta: w.meta(name), Spec: v1alpha1.BaselineSpec{Backup: w.name(backup)}}
}

func (w *admissionWorld) backup(name string, resources ...string) *v1alpha1.BaselineBackup {
	return &v1alpha1.BaselineBackup{ObjectMeta: w.meta(name), Spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{w.id}, IncludedResources: resources}}
}

func (w *admissionWorld) restore(name string, spec v1alpha1.BaselineRestoreSpec) *v1alpha1.BaselineRestore {
	restore := &v1alpha1.BaselineRestore{ObjectMeta: w.meta(name), Spec: spec}
	restore.Namespace = w.id
	return restore
}

// caughtUp waits until the handlers' cache has an object: it is what they help with.
func (w *admissionWorld) caughtUp(t *testing.T, object client.Object) {
	t.Helper()
	if err := cluster.Eventually(deadline(t), func(ctx context.Context) error {
		return w.catalog.Cached.Get(ctx, client.ObjectKeyFromObject(object), object)
	}); err != nil {
		t.Fatal(err)
	}
}

// create makes an object that goes with the test.
func (w *admissionWorld) create(t *testing.T, as client.Client, object client.Object) {
	t.Helper()
	if err := as.Create(deadline(t), object); err != nil {
		t.Fatalf("create %T %s: %v", object, object.GetName(), err)
	}
	t.Cleanup(func() { w.remove(t, object) })
}

func (w *admissionWorld) remove(t *testing.T, object client.Object) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.admin.Delete(ctx, object); client.IgnoreNotFound(err) != nil {
		t.Errorf("delete %T %s: %v", object, object.GetName(), err)
	}
}

// user is somebody who may do what the rules say, and nothing else; what the API server warns of goes to
// the returned list.
func (w *admissionWorld) user(t *testing.T, name string, rules ...rbacv1.PolicyRule) (client.Client, *warningList) {
	t.Helper()
	config, err := testCluster.UserConfig(deadline(t), w.name(name), []string{"tenants-" + w.id})
	if err != nil {
		t.Fatal(err)
	}
	warnings := &warningList{}
	config.WarningHandler = warnings
	config.WarningHandlerWithContext = nil
	w.grant(t, name, rules...)
	return reachAs(t, config), warnings
}

// grant lets a user do what the rules say, and waits until it may.
func (w *admissionWorld) grant(t *testing.T, user string, rules ...rbacv1.PolicyRule) *rbacv1.ClusterRoleBinding {
	t.Helper()
	if len(rules) == 0 {
		return nil
	}
	meta := metav1.ObjectMeta{Name: fmt.Sprintf("%s-%d", w.name(user), time.Now().UnixNano())}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: meta,
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: w.name(user)}},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: meta.Name},
	}
	w.create(t, w.admin, &rbacv1.ClusterRole{ObjectMeta: meta, Rules: rules})
	w.create(t, w.admin, binding)
	last := rules[len(rules)-1]
	attributes := &authorizationv1.ResourceAttributes{Verb: last.Verbs[0], Group: last.APIGroups[0], Resource: last.Resources[0]}
	if len(last.ResourceNames) > 0 {
		attributes.Name = last.ResourceNames[0]
	}
	if err := cluster.Eventually(deadline(t), func(ctx context.Context) error {
		review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{User: w.name(user), ResourceAttributes: attributes}}
		if err := w.admin.Create(ctx, review); err != nil {
			return err
		}
		if !review.Status.Allowed {
			return fmt.Errorf("user %s may not %s %s yet", w.name(user), attributes.Verb, attributes.Resource)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return binding
}

func may(group, resource string, names []string, verbs ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{Verbs: verbs, APIGroups: []string{group}, Resources: []string{resource}, ResourceNames: names}
}

// tenant may create and change namespaces, on every path.
var tenant = []rbacv1.PolicyRule{
	may("", "namespaces", nil, "create", "get", "update"),
	may("", "namespaces/status", nil, "update"),
	may("", "namespaces/finalize", nil, "update"),
}

type hintList struct {
	mu    sync.Mutex
	hints []string
}

func (h *hintList) Enqueue(namespace string, uid types.UID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hints = append(h.hints, namespace+"/"+string(uid))
}

// has says how often a namespace was handed over, by name and UID.
func (h *hintList) has(namespace *corev1.Namespace) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.hints, namespace.Name+"/"+string(namespace.UID))
}

func (h *hintList) count() int {
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

func (l *warningList) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.warnings
	l.warnings = nil
	return taken
}

// noRecorder records nothing.
type noRecorder struct{}

func (noRecorder) Admission(string, string, time.Duration) {}

// served knows the cluster's resources by their plural names.
type served struct{ discovery.DiscoveryInterface }

func (s served) Resolve(_ context.Context, names []string) (found []schema.GroupResource, unknown []string, err error) {
	all, err := s.all()
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

func (s served) all() ([]schema.GroupResource, error) {
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
