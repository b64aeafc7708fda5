package authorization

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// confirmPolicy reports whether the API server has a policy and its binding as they are in a set. Then all objects that were
// read before the call were written under them, although the watch of the policies may lag behind the watch of these objects.
func (k *Keeper) confirmPolicy(ctx context.Context, set *policySet, name string) (bool, error) {
	admission := k.client.AdmissionregistrationV1()
	policy, err := admission.ValidatingAdmissionPolicies().Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading ValidatingAdmissionPolicy %s: %w", name, err)
	}
	binding, err := admission.ValidatingAdmissionPolicyBindings().Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading ValidatingAdmissionPolicyBinding %s: %w", name, err)
	}
	return set.containsAll(readPolicies([]string{name}, func(string) (*vap, *vapBinding) { return policy, binding })), nil
}
