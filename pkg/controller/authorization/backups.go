package authorization

import (
	"context"
	"errors"
	"fmt"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/ptr"
)

// ErrNotReviewed reports that no webhook reviewed whether the creator of a backup may list the objects that it selects.
var ErrNotReviewed = errors.New("no webhook reviewed whether its creator may list the objects that it selects")

// Backups decides which BaselineBackups were reviewed. Only a webhook can review them, because a policy cannot resolve the
// names of resources. PolicyBackups refuses them while the API server has no such webhook, or one that may be missed.
type Backups struct {
	Client kubernetes.Interface
	// WebhookConfiguration is the name of the ValidatingWebhookConfiguration.
	WebhookConfiguration string
	// Grace is the time in which an API server loads a policy or a webhook, in whole seconds.
	Grace time.Duration
}

// Check returns an error that wraps ErrNotReviewed unless a backup that was created at that time was reviewed: the policy is in
// force, and it and the webhook are older by the grace period. It reads them live, because captures are rare.
func (b *Backups) Check(ctx context.Context, created metav1.Time) error {
	admission := b.Client.AdmissionregistrationV1()
	configuration, err := admission.ValidatingWebhookConfigurations().Get(ctx, b.WebhookConfiguration, metav1.GetOptions{})
	if err := b.checkObject("ValidatingWebhookConfiguration", &configuration.ObjectMeta, created, "", err); err != nil {
		return err
	}
	policy, err := admission.ValidatingAdmissionPolicies().Get(ctx, PolicyBackups, metav1.GetOptions{})
	if err := b.checkObject("ValidatingAdmissionPolicy", &policy.ObjectMeta, created, matchWeakness(policy), err); err != nil {
		return err
	}
	binding, err := admission.ValidatingAdmissionPolicyBindings().Get(ctx, PolicyBackups, metav1.GetOptions{})
	return b.checkObject("ValidatingAdmissionPolicyBinding", &binding.ObjectMeta, created, b.bindingWeakness(binding), err)
}

// checkObject returns the error of reading one object, or the reason why it did not take part in the review.
func (b *Backups) checkObject(kind string, meta *metav1.ObjectMeta, created metav1.Time, weakness string, err error) error {
	switch {
	case apierrors.IsNotFound(err):
		return fmt.Errorf("%w: a %s of the chart is missing (%w): upgrade the chart's release, then delete the backup and create it again", ErrNotReviewed, kind, err)
	case err != nil:
		return fmt.Errorf("reading the %s that backups are reviewed by: %w", kind, err)
	case weakness != "":
		return fmt.Errorf("%w: %s %s %s: upgrade the chart's release, then delete the backup and create it again", ErrNotReviewed, kind, meta.Name, weakness)
	case created.Time.Before(meta.CreationTimestamp.Add(b.Grace)):
		return fmt.Errorf("%w: it was made before %s %s, or less than %s after it: delete the backup and create it again", ErrNotReviewed, kind, meta.Name, b.Grace)
	default:
		return nil
	}
}

// bindingWeakness returns the reason why the binding may not enforce the policy of backups; empty if there is none.
func (b *Backups) bindingWeakness(binding *admissionregistrationv1.ValidatingAdmissionPolicyBinding) string {
	if weakness := enforcementWeakness(binding); weakness != "" {
		return weakness
	}
	params := binding.Spec.ParamRef
	if params == nil || params.Name != b.WebhookConfiguration || ptr.Deref(params.ParameterNotFoundAction, admissionregistrationv1.AllowAction) != admissionregistrationv1.DenyAction {
		return "does not deny where the ValidatingWebhookConfiguration " + b.WebhookConfiguration + " is missing"
	}
	return ""
}
