package flow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

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

// env is an installation as one test sees it. Its names are unique to the test.
type env struct {
	*seedbed.Installation
	t      *testing.T
	suffix string
}

var envs atomic.Int32

func newEnv(t *testing.T, i *seedbed.Installation) *env {
	return &env{Installation: i, t: t, suffix: fmt.Sprintf("%d", envs.Add(1))}
}

// sharedInstallation returns the installation of the whole package, with its controller running. Tests that use it run in
// parallel and must not disturb it.
func sharedInstallation(t *testing.T) *env {
	t.Helper()
	t.Parallel()
	return newEnv(t, installed)
}

// newInstallation returns an installation on a control plane of its own, for tests that kill controllers or do without them.
// They run in parallel, since they mostly wait. No controller runs yet: startController starts one.
func newInstallation(t *testing.T) *env {
	t.Helper()
	t.Parallel()
	return newExclusiveInstallation(t)
}

// newExclusiveInstallation is newInstallation for tests that measure time or memory, or that load the machine: no other test
// of the package runs meanwhile.
func newExclusiveInstallation(t *testing.T) *env {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return newEnv(t, seedbed.InstallForTest(ctx, t))
}

// ctx returns a context that ends with the test, or after patience.
func (e *env) ctx() context.Context {
	ctx, cancel := context.WithTimeout(e.t.Context(), patience)
	e.t.Cleanup(cancel)
	return ctx
}

// withOwnNames returns the same installation with names of its own, for a test that needs several sources or backups.
func (e *env) withOwnNames() *env { return newEnv(e.t, e.Installation) }

// cleanupContext returns a context that outlasts the test, for its cleanup.
func (e *env) cleanupContext() context.Context {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(e.t.Context()), patience)
	e.t.Cleanup(cancel)
	return ctx
}

// startController runs a controller and waits until it is ready and its webhooks are trusted.
func (e *env) startController(args ...string) *seedbed.Controller {
	e.t.Helper()
	controller, err := e.Start(e.ctx(), args...)
	if err != nil {
		e.t.Fatal(err)
	}
	if err := e.AwaitWebhooks(e.ctx()); err != nil {
		e.t.Fatal(err)
	}
	return controller
}

// startBare runs a controller and waits until it is ready, with whatever policies and webhooks there are.
func (e *env) startBare(args ...string) *seedbed.Controller {
	e.t.Helper()
	controller, err := e.Start(e.ctx(), args...)
	if err != nil {
		e.t.Fatal(err)
	}
	return controller
}

// uniqueName returns a name that no other test has.
func (e *env) uniqueName(base string) string { return base + "-" + e.suffix }

// eventually fails the test if check never succeeds.
func (e *env) eventually(check func(ctx context.Context) error) {
	e.t.Helper()
	if err := cluster.Eventually(e.ctx(), check); err != nil {
		e.t.Fatal(err)
	}
}

// awaitSignal fails the test if signal is never closed.
func (e *env) awaitSignal(signal <-chan struct{}, what string) {
	e.t.Helper()
	select {
	case <-signal:
	case <-e.ctx().Done():
		e.t.Fatalf("nothing came of this: %s", what)
	}
}

func (e *env) createObjects(objects ...client.Object) {
	e.t.Helper()
	for _, object := range objects {
		if err := e.Client.Create(e.ctx(), object); err != nil {
			e.t.Fatalf("create %T %s: %v", object, object.GetName(), err)
		}
	}
}

// updateObject reads an object, edits it and writes it, and retries on conflicts.
func (e *env) updateObject(object client.Object, edit func()) {
	e.t.Helper()
	e.eventually(func(ctx context.Context) error {
		if err := e.Client.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		edit()
		return e.Client.Update(ctx, object)
	})
}

// deleteObjects deletes objects; it does not wait until they are gone.
func (e *env) deleteObjects(objects ...client.Object) {
	e.t.Helper()
	for _, object := range objects {
		if err := e.Client.Delete(e.ctx(), object); err != nil {
			e.t.Fatalf("delete %T %s: %v", object, object.GetName(), err)
		}
	}
}

// awaitGone waits until an object does not exist any more.
func (e *env) awaitGone(object client.Object) {
	e.t.Helper()
	e.eventually(func(ctx context.Context) error {
		err := e.Client.Get(ctx, client.ObjectKeyFromObject(object), object)
		if err == nil {
			return fmt.Errorf("%T %s is still there: %v", object, object.GetName(), object)
		}
		return client.IgnoreNotFound(err)
	})
}

// objectExists reports whether a namespace holds an object of this name.
func (e *env) objectExists(object client.Object, namespace, name string) bool {
	e.t.Helper()
	err := e.Client.Get(e.ctx(), client.ObjectKey{Namespace: namespace, Name: name}, object)
	if client.IgnoreNotFound(err) != nil {
		e.t.Fatal(err)
	}
	return err == nil
}

// createSource creates a namespace to back up, with these objects in it.
func (e *env) createSource(objects ...client.Object) string {
	e.t.Helper()
	name := e.uniqueName("source")
	e.createObjects(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	for _, object := range objects {
		object.SetNamespace(name)
		e.createObjects(object)
	}
	e.awaitSettled(name) // a backup of it is the same in every run
	return name
}

// createBackup backs up a namespace and waits until the backup is Completed.
func (e *env) createBackup(source string, resources ...string) *v1alpha1.BaselineBackup {
	e.t.Helper()
	backup := &v1alpha1.BaselineBackup{
		ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("backup")},
		Spec:       v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{source}, IncludedResources: resources},
	}
	e.createObjects(backup)
	e.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseCompleted)
	return backup
}

// createBaseline creates a Baseline of a backup; edit may change its spec. It waits until the Baseline is Ready.
func (e *env) createBaseline(backup string, edit func(*v1alpha1.BaselineSpec)) *v1alpha1.Baseline {
	e.t.Helper()
	baseline := &v1alpha1.Baseline{
		ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("baseline")},
		Spec:       v1alpha1.BaselineSpec{Backup: backup},
	}
	if edit != nil {
		edit(&baseline.Spec)
	}
	e.createObjects(baseline)
	e.awaitPhase(baseline, &baseline.Status.Conditions, v1alpha1.ReasonBackupReady)
	return baseline
}

// awaitPhase waits until an object's condition Ready has the reason, which is the phase of those that have phases.
func (e *env) awaitPhase(object client.Object, conditions *[]metav1.Condition, wanted string) *metav1.Condition {
	e.t.Helper()
	var ready *metav1.Condition
	e.eventually(func(ctx context.Context) error {
		if err := e.Client.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
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
func (e *env) awaitMessage(object client.Object, conditions *[]metav1.Condition, reason string, texts ...string) {
	e.t.Helper()
	e.eventually(func(ctx context.Context) error {
		if err := e.Client.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		ready := meta.FindStatusCondition(*conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Reason != reason || slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(ready.Message, text) }) {
			return fmt.Errorf("%T %s is %v; want %s with %q", object, object.GetName(), ready, reason, texts)
		}
		return nil
	})
}

// annotatedNamespace returns a namespace that requests baselines by annotation.
func annotatedNamespace(name, baselines string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: name, Annotations: map[string]string{v1alpha1.AnnotationBaseline: baselines},
	}}
}

// labelledNamespace returns a namespace with a label.
func labelledNamespace(name, key, value string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{key: value}}}
}

// readyCondition returns a namespace's BaselineReady, or nil if it has none.
func (e *env) readyCondition(ctx context.Context, name string) (*corev1.NamespaceCondition, error) {
	namespace := &corev1.Namespace{}
	if err := e.Client.Get(ctx, client.ObjectKey{Name: name}, namespace); err != nil {
		return nil, err
	}
	return v1alpha1.FindNamespaceCondition(namespace.Status.Conditions, v1alpha1.ConditionBaselineReady), nil
}

// awaitReady waits until a namespace's condition BaselineReady has the status and the reason; an empty one matches any.
func (e *env) awaitReady(name string, status corev1.ConditionStatus, reason string) *corev1.NamespaceCondition {
	e.t.Helper()
	var found *corev1.NamespaceCondition
	e.eventually(func(ctx context.Context) error {
		var err error
		if found, err = e.readyCondition(ctx, name); err != nil {
			return err
		}
		if found == nil || (status != "" && found.Status != status) || (reason != "" && found.Reason != reason) {
			return fmt.Errorf("BaselineReady of %s is %v; want %s %s", name, found, status, reason)
		}
		return nil
	})
	return found
}

// getRecord returns a namespace's BaselineRecord.
func (e *env) getRecord(namespace, name string) *v1alpha1.BaselineRecord {
	e.t.Helper()
	record := &v1alpha1.BaselineRecord{}
	if err := e.Client.Get(e.ctx(), client.ObjectKey{Namespace: namespace, Name: name}, record); err != nil {
		e.t.Fatal(err)
	}
	return record
}

// newUser returns a client of a user with only these permissions in the whole cluster, once they are in force.
func (e *env) newUser(name string, rules ...rbacv1.PolicyRule) client.Client {
	e.t.Helper()
	name = e.uniqueName(name)
	config, err := e.Cluster.UserConfig(e.ctx(), name, nil)
	if err != nil {
		e.t.Fatal(err)
	}
	c, err := client.New(config, client.Options{Scheme: seedbed.Scheme()})
	if err != nil {
		e.t.Fatal(err)
	}
	if len(rules) == 0 {
		return c
	}
	e.createObjects(
		&rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: rules},
		&rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name}},
		})
	e.eventually(func(ctx context.Context) error { return requireGranted(ctx, c, rules) })
	return c
}

// requireGranted returns an error for a permission that the API server does not grant to a user yet: it receives them by a
// watch.
func requireGranted(ctx context.Context, user client.Client, rules []rbacv1.PolicyRule) error {
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

// newRule returns one rule of RBAC.
func newRule(verb, group, resource string, names ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{Verbs: strings.Split(verb, ","), APIGroups: []string{group}, Resources: []string{resource}, ResourceNames: names}
}

// requireRefused fails the test unless err is a refusal with each of these texts.
func (e *env) requireRefused(err error, says ...string) {
	e.t.Helper()
	if err == nil {
		e.t.Fatal("it was allowed")
	}
	e.requireContains(err.Error(), says...)
}

// requireContains fails the test unless a message contains each of these texts.
func (e *env) requireContains(message string, texts ...string) {
	e.t.Helper()
	for _, text := range texts {
		if !strings.Contains(message, text) {
			e.t.Errorf("%q does not say %q", message, text)
		}
	}
}

// configMap returns an object to back up.
func configMap(name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: map[string]string{"key": "value of " + name}}
}

// awaitLaterSecond returns in a later second than t.
func (e *env) awaitLaterSecond(t metav1.Time) {
	e.t.Helper()
	if err := cluster.AwaitLaterSecond(e.ctx(), t); err != nil {
		e.t.Fatal(err)
	}
}

// removeWebhooks deletes the webhook configuration, and returns it ready to be created again. The API server goes on calling
// for a moment: it has stopped when it admits a request that the webhooks refuse, whether a controller answers or not.
func (e *env) removeWebhooks() *admissionregistrationv1.ValidatingWebhookConfiguration {
	e.t.Helper()
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	if err := e.Client.Get(e.ctx(), client.ObjectKey{Name: seedbed.WebhookConfiguration}, configuration); err != nil {
		e.t.Fatal(err)
	}
	if err := e.Client.Delete(e.ctx(), configuration); err != nil {
		e.t.Fatal(err)
	}
	e.eventually(func(ctx context.Context) error {
		return e.Client.Create(ctx, annotatedNamespace(e.uniqueName("unreviewed"), "no-such-baseline"), client.DryRunAll)
	})
	configuration.ObjectMeta = metav1.ObjectMeta{Name: configuration.Name, Labels: configuration.Labels, Annotations: configuration.Annotations}
	return configuration
}
