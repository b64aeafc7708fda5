package controller

import (
	"context"
	"fmt"
	"slices"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// PreviewPolicy is the name of the ValidatingAdmissionPolicy, and of its binding, that reviews who may create a preview.
const PreviewPolicy = "seedbed-authorize-previews"

// policySettles is how long every API server may take to act on a new policy.
const policySettles = 10 * time.Second

// checkReviewed refuses a preview that the policy cannot have reviewed: Seedbed reads backups for it, and would hand them to
// anybody.
func checkReviewed(ctx context.Context, live client.Reader, preview *v1alpha1.BaselinePreview) error {
	reviewer, binding := &admissionregistrationv1.ValidatingAdmissionPolicy{}, &admissionregistrationv1.ValidatingAdmissionPolicyBinding{}
	for _, object := range []client.Object{reviewer, binding} {
		err := live.Get(ctx, types.NamespacedName{Name: PreviewPolicy}, object)
		if apierrors.IsNotFound(err) {
			return refusePreview(v1alpha1.ReasonNotReviewed, "the %T %s, which reviews who may create previews, is missing: install the chart's policies, then create the preview again", object, PreviewPolicy)
		}
		if err != nil {
			return fmt.Errorf("reading the policy %s: %w", PreviewPolicy, err)
		}
		if preview.CreationTimestamp.Time.Before(object.GetCreationTimestamp().Add(policySettles)) {
			return refusePreview(v1alpha1.ReasonNotReviewed, "the preview may be older than the policy %s, which reviews who may create one: create it again in %s", PreviewPolicy, policySettles)
		}
	}
	if ptr.Deref(reviewer.Spec.FailurePolicy, admissionregistrationv1.Fail) != admissionregistrationv1.Fail ||
		!slices.Contains(binding.Spec.ValidationActions, admissionregistrationv1.Deny) {
		return refusePreview(v1alpha1.ReasonNotReviewed, "the policy %s was changed and does not deny any more: restore the chart's, then create the preview again", PreviewPolicy)
	}
	return nil
}
