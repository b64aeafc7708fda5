package flow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
	"seedbed.dev/seedbed/test/seedbed"
)

// world is an installation as one test sees it. Its names are unique to the test.
type world struct {
	*seedbed.Installation
	t      *testing.T
	suffix string
}

var worlds atomic.Int32

func newWorld(t *testing.T, i *seedbed.Installation) *world {
	return &world{Installation: i, t: t, suffix: fmt.Sprintf("%d", worlds.Add(1))}
}

// shared is the installation of the whole package, with its controller running. Tests that use it run in
// parallel and must not disturb it.
func shared(t *testing.T) *world {
	t.Helper()
	t.Parallel()
	return newWorld(t, installed)
}

// own is an installation on a control plane of its own, for tests that kill controllers or do without them. They run in parallel,
// since they mostly wait. No controller runs yet: start one with start.
func own(t *testing.T) *world {
	t.Helper()
	t.Parallel()
	return alone(t)
}

// alone is own for tests that measure time or memory, or that load the machine: no other test of the package runs meanwhile.
func alone(t *testing.T) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := cluster.Start(ctx, cluster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	i, err := seedbed.Install(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	})
	return newWorld(t, i)
}

// ctx ends with the test, or when patience does.
func (w *world) ctx() context.Context {
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	w.t.Cleanup(cancel)
	return ctx
}

// another is the same installation with names of its own, for a test that needs several sources or backups.
func (w *world) another() *world { return newWorld(w.t, w.Installation) }

// cleanup is for what comes after the test.
func (w *world) cleanup() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	w.t.Cleanup(cancel)
	return ctx
}

// start runs a controller and waits until it is ready and its webhooks are trusted.
func (w *world) start(args ...string) *seedbed.Controller {
	w.t.Helper()
	controller, err := w.Start(w.ctx(), args...)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.AwaitWebhooks(w.ctx()); err != nil {
		w.t.Fatal(err)
	}
	return controller
}

// startBare runs a controller and waits until it is ready, with whatever policies and webhooks there are.
func (w *world) startBare(args ...string) *seedbed.Controller {
	w.t.Helper()
	controller, err := w.Start(w.ctx(), args...)
	if err != nil {
		w.t.Fatal(err)
	}
	return controller
}

// name makes a name that no other test has.
func (w *world) name(base string) string { return base + "-" + w.suffix }

// eventually fails the test when check never succeeds.
func (w *world) eventually(check func(ctx context.Context) error) {
	w.t.Helper()
	if err := cluster.Eventually(w.ctx(), check); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) create(objects ...client.Object) {
	w.t.Helper()
	for _, object := range objects {
		if err := w.Client.Create(w.ctx(), object); err != nil {
			w.t.Fatalf("create %T %s: %v", object, object.GetName(), err)
		}
	}
}

// change reads an object, edits it and writes it, until nobody else wrote meanwhile.
func (w *world) change(object client.Object, edit func()) {
	w.t.Helper()
	w.eventually(func(ctx context.Context) error {
		if err := w.Client.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		edit()
		return w.Client.Update(ctx, object)
	})
}

// remove deletes objects; it does not wait until they are gone.
func (w *world) remove(objects ...client.Object) {
	w.t.Helper()
	for _, object := range objects {
		if err := w.Client.Delete(w.ctx(), object); err != nil {
			w.t.Fatalf("delete %T %s: %v", object, object.GetName(), err)
		}
	}
}

// awaitGone waits until an object is not there any more.
func (w *world) awaitGone(object client.Object) {
	w.t.Helper()
	w.eventually(func(ctx context.Context) error {
		err := w.Client.Get(ctx, client.ObjectKeyFromObject(object), object)
		if err == nil {
			return fmt.Errorf("%T %s is still there: %v", object, object.GetName(), object)
		}
		return client.IgnoreNotFound(err)
	})
}

// there says whether a namespace holds an object of this name.
func (w *world) there(object client.Object, namespace, name string) bool {
	w.t.Helper()
	err := w.Client.Get(w.ctx(), client.ObjectKey{Namespace: namespace, Name: name}, object)
	if client.IgnoreNotFound(err) != nil {
		w.t.Fatal(err)
	}
	return err == nil
}

// source makes a namespace to back up, with these objects in it.
func (w *world) source(objects ...client.Object) string {
	w.t.Helper()
	name := w.name("source")
	w.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	for _, object := range objects {
		object.SetNamespace(name)
		w.create(object)
	}
	return name
}

// backup backs up a namespace and waits until it is Completed.
func (w *world) backup(source string, resources ...string) *v1alpha1.BaselineBackup {
	w.t.Helper()
	backup := &v1alpha1.BaselineBackup{
		ObjectMeta: metav1.ObjectMeta{Name: w.name("backup")},
		Spec:       v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{source}, IncludedResources: resources},
	}
	w.create(backup)
	w.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseCompleted)
	return backup
}

// baseline makes a Baseline of a backup; edit may change its spec. It waits until the Baseline is Ready.
func (w *world) baseline(backup string, edit func(*v1alpha1.BaselineSpec)) *v1alpha1.Baseline {
	w.t.Helper()
	baseline := &v1alpha1.Baseline{
		ObjectMeta: metav1.ObjectMeta{Name: w.name("baseline")},
		Spec:       v1alpha1.BaselineSpec{Backup: backup},
	}
	if edit != nil {
		edit(&baseline.Spec)
	}
	w.create(baseline)
	w.awaitPhase(baseline, &baseline.Status.Conditions, v1alpha1.ReasonBackupReady)
	return baseline
}

// awaitPhase waits until an object's condition Ready has the reason, which is the phase of those that have phases.
func (w *world) awaitPhase(object client.Object, conditions *[]metav1.Condition, wanted string) *metav1.Condition {
	w.t.Helper()
	var ready *metav1.Condition
	w.eventually(func(ctx context.Context) error {
		if err := w.Client.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		ready = meta.FindStatusCondition(*conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Reason != wanted {
			return fmt.Errorf("%T %s is %v; want %s", object, object.GetName(), ready, wanted)
		}
		return nil
	})
	return ready
}

// awaitMessage waits until an object's condition Ready has the reason, and each of the texts in its message.
func (w *world) awaitMessage(object client.Object, conditions *[]metav1.Condition, reason string, texts ...string) {
	w.t.Helper()
	w.eventually(func(ctx context.Context) error {
		if err := w.Client.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		ready := meta.FindStatusCondition(*conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Reason != reason || slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(ready.Message, text) }) {
			return fmt.Errorf("%T %s is %v; want %s with %q", object, object.GetName(), ready, reason, texts)
		}
		return nil
	})
}

// asking makes the object of a namespace that asks for baselines by annotation.
func asking(name, baselines string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: name, Annotations: map[string]string{v1alpha1.AnnotationBaseline: baselines},
	}}
}

// labelled makes the object of a namespace with a label.
func labelled(name, key, value string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{key: value}}}
}

// condition is a namespace's BaselineReady; nil when it has none.
func (w *world) condition(ctx context.Context, name string) (*corev1.NamespaceCondition, error) {
	namespace := &corev1.Namespace{}
	if err := w.Client.Get(ctx, client.ObjectKey{Name: name}, namespace); err != nil {
		return nil, err
	}
	return v1alpha1.FindNamespaceCondition(namespace.Status.Conditions, v1alpha1.ConditionBaselineReady), nil
}

// awaitReady waits until a namespace's condition BaselineReady has the status and the reason; what is empty may be any.
func (w *world) awaitReady(name string, status corev1.ConditionStatus, reason string) *corev1.NamespaceCondition {
	w.t.Helper()
	var found *corev1.NamespaceCondition
	w.eventually(func(ctx context.Context) error {
		var err error
		if found, err = w.condition(ctx, name); err != nil {
			return err
		}
		if found == nil || (status != "" && found.Status != status) || (reason != "" && found.Reason != reason) {
			return fmt.Errorf("BaselineReady of %s is %v; want %s %s", name, found, status, reason)
		}
		return nil
	})
	return found
}

// record reads a namespace's BaselineRecord.
func (w *world) record(namespace, name string) *v1alpha1.BaselineRecord {
	w.t.Helper()
	record := &v1alpha1.BaselineRecord{}
	if err := w.Client.Get(w.ctx(), client.ObjectKey{Namespace: namespace, Name: name}, record); err != nil {
		w.t.Fatal(err)
	}
	return record
}

// user is somebody with these rights in the whole cluster, and no others, as soon as they are in force.
func (w *world) user(name string, rules ...rbacv1.PolicyRule) client.Client {
	w.t.Helper()
	name = w.name(name)
	config, err := w.Cluster.UserConfig(w.ctx(), name, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := client.New(config, client.Options{Scheme: seedbed.Scheme()})
	if err != nil {
		w.t.Fatal(err)
	}
	if len(rules) == 0 {
		return c
	}
	w.create(
		&rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: rules},
		&rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name}},
		})
	w.eventually(func(ctx context.Context) error { return inForce(ctx, c, rules) })
	return c
}

// inForce says which of its rights the API server does not grant to a user yet: it learns of them by a watch.
func inForce(ctx context.Context, user client.Client, rules []rbacv1.PolicyRule) error {
	for _, rule := range rules {
		resource, subresource, _ := strings.Cut(rule.Resources[0], "/")
		attributes := &authorizationv1.ResourceAttributes{Verb: rule.Verbs[0], Group: rule.APIGroups[0], Resource: resource, Subresource: subresource}
		if len(rule.ResourceNames) > 0 {
			attributes.Name = rule.ResourceNames[0]
		}
		review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: attributes}}
		if err := user.Create(ctx, review); err != nil {
			return err
		}
		if !review.Status.Allowed {
			return fmt.Errorf("%+v is not granted yet", attributes)
		}
	}
	return nil
}

// may is one rule of RBAC.
func may(verb, group, resource string, names ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{Verbs: strings.Split(verb, ","), APIGroups: []string{group}, Resources: []string{resource}, ResourceNames: names}
}

// refused fails the test unless err is a refusal that says each of these texts.
func (w *world) refused(err error, says ...string) {
	w.t.Helper()
	if err == nil {
		w.t.Fatal("it was allowed")
	}
	w.says(err.Error(), says...)
}

// says fails the test unless a message has each of these texts in it.
func (w *world) says(message string, texts ...string) {
	w.t.Helper()
	for _, text := range texts {
		if !strings.Contains(message, text) {
			w.t.Errorf("%q does not say %q", message, text)
		}
	}
}

// configMap is an object to back up.
func configMap(name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: map[string]string{"key": "value of " + name}}
}

// nextSecond comes back in another second than the one given: creation times have whole seconds.
func nextSecond(t metav1.Time) {
	time.Sleep(time.Until(t.Add(time.Second)))
}

// removeWebhooks takes the webhook configuration away, and gives it back ready to be created again. The API server goes on
// calling for a moment: it has stopped when it admits what the webhooks refuse whether somebody answers for them or not.
func (w *world) removeWebhooks() *admissionregistrationv1.ValidatingWebhookConfiguration {
	w.t.Helper()
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	if err := w.Client.Get(w.ctx(), client.ObjectKey{Name: seedbed.WebhookConfiguration}, configuration); err != nil {
		w.t.Fatal(err)
	}
	if err := w.Client.Delete(w.ctx(), configuration); err != nil {
		w.t.Fatal(err)
	}
	w.eventually(func(ctx context.Context) error {
		return w.Client.Create(ctx, asking(w.name("unreviewed"), "no-such-baseline"), client.DryRunAll)
	})
	configuration.ObjectMeta = metav1.ObjectMeta{Name: configuration.Name, Labels: configuration.Labels, Annotations: configuration.Annotations}
	return configuration
}
