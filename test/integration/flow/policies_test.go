package flow

import (
	"context"
	"errors"
	"fmt"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/authorization"
)

// byPolicy is what the API server says in front of a refusal by the policy of namespaces.
const byPolicy = "ValidatingAdmissionPolicy '" + authorization.PolicyNamespaces + "'"

// removePolicies takes the admission policies away, as before an installation, and waits until the API server has stopped
// evaluating them.
func (w *world) removePolicies() {
	w.t.Helper()
	for _, name := range authorization.Policies() {
		meta := metav1.ObjectMeta{Name: name}
		w.remove(&admissionregistrationv1.ValidatingAdmissionPolicyBinding{ObjectMeta: meta}, &admissionregistrationv1.ValidatingAdmissionPolicy{ObjectMeta: meta})
	}
	w.awaitUnreviewed()
}

// awaitUnreviewed waits until the API server accepts what the policy of namespaces always refuses, and no webhook does.
func (w *world) awaitUnreviewed() {
	w.t.Helper()
	mark := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"annotations":{"`+v1alpha1.AnnotationNotAuthorized+`":"x"}}}`))
	w.eventually(func(ctx context.Context) error {
		probe := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: metav1.NamespaceDefault}}
		return w.Client.Patch(ctx, probe, mark, client.DryRunAll)
	})
}

// installPolicies puts the policies back, as an installation does, and waits until the API server evaluates them and what is
// created counts as reviewed.
func (w *world) installPolicies() {
	w.t.Helper()
	w.apply("config/policy/*.yaml")
	w.awaitPolicies()
}

func (w *world) awaitPolicies() {
	w.t.Helper()
	if err := w.AwaitPolicies(w.ctx()); err != nil {
		w.t.Fatal(err)
	}
}

// bind gives the binding of the policy of namespaces an action, and waits until it is in force.
func (w *world) bind(action admissionregistrationv1.ValidationAction) {
	w.t.Helper()
	binding := &admissionregistrationv1.ValidatingAdmissionPolicyBinding{ObjectMeta: metav1.ObjectMeta{Name: authorization.PolicyNamespaces}}
	w.change(binding, func() { binding.Spec.ValidationActions = []admissionregistrationv1.ValidationAction{action} })
	if action == admissionregistrationv1.Deny {
		w.awaitPolicies()
		return
	}
	w.awaitUnreviewed()
}

// set changes one annotation of a namespace, as somebody; an empty value takes it away.
func (w *world) set(as client.Client, name, key, value string) error {
	namespace := &corev1.Namespace{}
	if err := as.Get(w.ctx(), client.ObjectKey{Name: name}, namespace); err != nil {
		return err
	}
	before := namespace.DeepCopy()
	if value == "" {
		delete(namespace.Annotations, key)
	} else {
		metav1.SetMetaDataAnnotation(&namespace.ObjectMeta, key, value)
	}
	return as.Patch(w.ctx(), namespace, client.MergeFrom(before))
}

// mark returns what a namespace is marked with; nothing when it is not.
func (w *world) mark(ctx context.Context, name string) (string, error) {
	namespace := &corev1.Namespace{}
	err := w.Client.Get(ctx, client.ObjectKey{Name: name}, namespace)
	return namespace.Annotations[v1alpha1.AnnotationNotAuthorized], err
}

// holds waits until a namespace holds a ConfigMap.
func (w *world) holds(namespace, configMap string) {
	w.t.Helper()
	w.eventually(func(ctx context.Context) error {
		return w.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: configMap}, &corev1.ConfigMap{})
	})
}

// empty fails the test if one of these namespaces holds a ConfigMap or a record. Call it when others, that came later, were
// populated.
func (w *world) empty(configMap string, namespaces ...string) {
	w.t.Helper()
	for _, namespace := range namespaces {
		if w.there(&corev1.ConfigMap{}, namespace, configMap) {
			w.t.Errorf("namespace %s was given what nobody may have asked for", namespace)
		}
	}
}

// unauthorized waits until namespaces read NotAuthorized, and says how to have them authorized.
func (w *world) unauthorized(namespaces ...string) {
	w.t.Helper()
	for _, name := range namespaces {
		w.eventually(func(ctx context.Context) error {
			condition, err := w.condition(ctx, name)
			if err == nil && (condition == nil || condition.Reason != v1alpha1.ReasonNotAuthorized || !strings.Contains(condition.Message, "seedbed baseline authorize "+name)) {
				err = fmt.Errorf("BaselineReady of %s is %v", name, condition)
			}
			return err
		})
	}
}

// marked waits until a namespace carries a mark.
func (w *world) marked(name string) {
	w.t.Helper()
	w.eventually(func(ctx context.Context) error {
		mark, err := w.mark(ctx, name)
		if err == nil && mark == "" {
			err = errors.New("namespace " + name + " carries no mark")
		}
		return err
	})
}
