package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/authorization"
)

// byPolicy is the API server's prefix of a refusal by the policy of namespaces.
const byPolicy = "ValidatingAdmissionPolicy '" + authorization.PolicyNamespaces + "'"

// removePolicies deletes the admission policies, as before an installation, and waits until the API server has stopped
// evaluating them. The policy that awaitUnreviewed probes is deleted last: an API server sees deletions in their order.
func (e *env) removePolicies() {
	e.t.Helper()
	others := slices.DeleteFunc(authorization.Policies(), func(name string) bool { return name == authorization.PolicyNamespaces })
	for _, name := range append(others, authorization.PolicyNamespaces) {
		meta := metav1.ObjectMeta{Name: name}
		e.deleteObjects(&admissionregistrationv1.ValidatingAdmissionPolicyBinding{ObjectMeta: meta}, &admissionregistrationv1.ValidatingAdmissionPolicy{ObjectMeta: meta})
	}
	e.awaitUnreviewed()
}

// awaitUnreviewed waits until the API server accepts a request that the policy of namespaces always refuses, and no webhook
// does.
func (e *env) awaitUnreviewed() {
	e.t.Helper()
	mark := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"annotations":{"`+v1alpha1.AnnotationNotAuthorized+`":"x"}}}`))
	e.eventually(func(ctx context.Context) error {
		probe := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: metav1.NamespaceDefault}}
		return e.Client.Patch(ctx, probe, mark, client.DryRunAll)
	})
}

// installPolicies recreates the policies, as an installation does, and waits until the API server evaluates them and new
// objects count as reviewed.
func (e *env) installPolicies() {
	e.t.Helper()
	e.applyFiles("config/policy/*.yaml")
	e.awaitPolicies()
}

func (e *env) awaitPolicies() {
	e.t.Helper()
	if err := e.AwaitPolicies(e.ctx()); err != nil {
		e.t.Fatal(err)
	}
}

// setPolicyAction sets the action of the policy of namespaces in its binding, and waits until it is in force.
func (e *env) setPolicyAction(action admissionregistrationv1.ValidationAction) {
	e.t.Helper()
	binding := &admissionregistrationv1.ValidatingAdmissionPolicyBinding{ObjectMeta: metav1.ObjectMeta{Name: authorization.PolicyNamespaces}}
	e.updateObject(binding, func() { binding.Spec.ValidationActions = []admissionregistrationv1.ValidationAction{action} })
	if action == admissionregistrationv1.Deny {
		e.awaitPolicies()
		return
	}
	e.awaitUnreviewed()
}

// setAnnotation sets one annotation of a namespace, as that user; an empty value removes it.
func (e *env) setAnnotation(as client.Client, name, key, value string) error {
	namespace := &corev1.Namespace{}
	if err := as.Get(e.ctx(), client.ObjectKey{Name: name}, namespace); err != nil {
		return err
	}
	before := namespace.DeepCopy()
	if value == "" {
		delete(namespace.Annotations, key)
	} else {
		metav1.SetMetaDataAnnotation(&namespace.ObjectMeta, key, value)
	}
	return as.Patch(e.ctx(), namespace, client.MergeFrom(before))
}

// getMark returns the mark of a namespace, or "" if it has none.
func (e *env) getMark(ctx context.Context, name string) (string, error) {
	namespace := &corev1.Namespace{}
	err := e.Client.Get(ctx, client.ObjectKey{Name: name}, namespace)
	return namespace.Annotations[v1alpha1.AnnotationNotAuthorized], err
}

// awaitConfigMap waits until a namespace holds a ConfigMap.
func (e *env) awaitConfigMap(namespace, configMap string) {
	e.t.Helper()
	e.eventually(func(ctx context.Context) error {
		return e.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: configMap}, &corev1.ConfigMap{})
	})
}

// requireNoConfigMap fails the test if one of these namespaces holds a ConfigMap or a record. Call it when later namespaces
// were populated.
func (e *env) requireNoConfigMap(configMap string, namespaces ...string) {
	e.t.Helper()
	for _, namespace := range namespaces {
		if e.objectExists(&corev1.ConfigMap{}, namespace, configMap) {
			e.t.Errorf("namespace %s was given what nobody may have asked for", namespace)
		}
	}
}

// awaitUnauthorized waits until namespaces are NotAuthorized with a message that names the remedy.
func (e *env) awaitUnauthorized(namespaces ...string) {
	e.t.Helper()
	for _, name := range namespaces {
		e.eventually(func(ctx context.Context) error {
			condition, err := e.readyCondition(ctx, name)
			if err == nil && (condition == nil || condition.Reason != v1alpha1.ReasonNotAuthorized || !strings.Contains(condition.Message, "seedbed baseline authorize "+name)) {
				err = fmt.Errorf("BaselineReady of %s is %v", name, condition)
			}
			return err
		})
	}
}

// awaitMark waits until a namespace carries a mark.
func (e *env) awaitMark(name string) {
	e.t.Helper()
	e.eventually(func(ctx context.Context) error {
		mark, err := e.getMark(ctx, name)
		if err == nil && mark == "" {
			err = errors.New("namespace " + name + " carries no mark")
		}
		return err
	})
}
