package flow

import (
	"context"
	"fmt"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/authorization"
	"seedbed.dev/seedbed/test/seedbed"
)

// byBackupsPolicy is the API server's prefix of a refusal by the policy of backups.
const byBackupsPolicy = "ValidatingAdmissionPolicy '" + authorization.PolicyBackups + "'"

// secretsOf returns a backup of a namespace's Secrets, without stored content.
func (e *env) secretsOf(source string) *v1alpha1.BaselineBackup {
	return &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("secrets")}, Spec: v1alpha1.BaselineBackupSpec{
		IncludedNamespaces: []string{source}, IncludedResources: []string{"secrets"},
	}}
}

// createSecretSource creates a namespace with a Secret.
func (e *env) createSecretSource() string {
	return e.createSource(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "password"}, StringData: map[string]string{"password": "secret"}})
}

// notCaptured waits until a backup is Failed as unreviewed, and fails the test if content is stored for it.
func (e *env) notCaptured(backup *v1alpha1.BaselineBackup) {
	e.t.Helper()
	ready := e.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseFailed)
	e.requireContains(ready.Message, "no webhook reviewed whether its creator may list", "delete the backup and create it again")
	if stored := e.listStored(backup.Name); len(stored) > 0 {
		e.t.Errorf("%d Secrets are stored for it", len(stored))
	}
}

// A user who may create backups and not list Secrets creates a backup of Secrets without a review, between two
// installations: the next one captures nothing.
func TestBackupMadeBetweenTwoInstallationsIsNotCaptured(t *testing.T) {
	e := newInstallation(t)
	controller := e.startController()
	source := e.createSecretSource()
	bob := e.newUser("bob", newRule("create", v1alpha1.GroupName, "baselinebackups"))
	e.requireRefused(bob.Create(e.ctx(), e.secretsOf(source)), "you cannot list secrets in namespace "+source)
	kept, digest := e.withOwnNames().keepContent(v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{source}, IncludedResources: []string{"secrets"}})
	configuration := e.removeWebhooks()
	controller.Stop()

	e.requireRefused(bob.Create(e.ctx(), e.secretsOf(source)), byBackupsPolicy)
	e.removePolicies()
	forged := e.secretsOf(source)
	adopting := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: kept}, Spec: forged.Spec}
	e.eventually(func(ctx context.Context) error { return bob.Create(ctx, forged.DeepCopy(), client.DryRunAll) })
	for _, backup := range []*v1alpha1.BaselineBackup{forged, adopting} {
		if err := bob.Create(e.ctx(), backup); err != nil {
			t.Fatal(err)
		}
	}
	e.awaitLaterSecond(metav1.Now())
	e.createObjects(configuration)
	e.installPolicies()
	e.startController()
	e.notCaptured(forged)

	t.Run("content that is stored is adopted", func(t *testing.T) {
		e := newEnv(t, e.Installation)
		e.awaitPhase(adopting, &adopting.Status.Conditions, v1alpha1.PhaseCompleted)
		if !adopting.Status.Adopted || adopting.Status.Digest != digest {
			t.Errorf("adopted %t, digest %s; want %s", adopting.Status.Adopted, adopting.Status.Digest, digest)
		}
	})
	t.Run("made again by somebody who may", func(t *testing.T) {
		e := newEnv(t, e.Installation)
		e.deleteObjects(forged)
		e.awaitGone(forged)
		again := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: forged.Name}, Spec: forged.Spec}
		e.createObjects(again)
		e.awaitPhase(again, &again.Status.Conditions, v1alpha1.PhaseCompleted)
	})
}

// No user can create backups while the webhook that reviews them can be missed.
func TestBackupIsRefusedWhileItsWebhookCanBeMissed(t *testing.T) {
	e := newInstallation(t)
	controller := e.startController()
	source := e.createSecretSource()
	bob := e.newUser("bob", newRule("create", v1alpha1.GroupName, "baselinebackups"))
	controller.Stop()
	ignore := admissionregistrationv1.Ignore
	for name, weaken := range map[string]func(*admissionregistrationv1.ValidatingWebhook){
		"failures are ignored": func(webhook *admissionregistrationv1.ValidatingWebhook) { webhook.FailurePolicy = &ignore },
		"it is not asked of creations": func(webhook *admissionregistrationv1.ValidatingWebhook) {
			webhook.Rules[0].Operations = []admissionregistrationv1.OperationType{admissionregistrationv1.Delete}
		},
		"it is asked of a label only": func(webhook *admissionregistrationv1.ValidatingWebhook) {
			webhook.ObjectSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}
		},
		"it is asked of some selectors": func(webhook *admissionregistrationv1.ValidatingWebhook) {
			webhook.ObjectSelector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: metav1.LabelSelectorOpExists}}}
		},
		"it has another condition": func(webhook *admissionregistrationv1.ValidatingWebhook) {
			webhook.MatchConditions = append(webhook.MatchConditions, admissionregistrationv1.MatchCondition{Name: "never", Expression: "false"})
		},
		"it has another name": func(webhook *admissionregistrationv1.ValidatingWebhook) { webhook.Name = "other.seedbed.dev" },
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			webhooks := &admissionregistrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: seedbed.WebhookConfiguration}}
			var before []admissionregistrationv1.ValidatingWebhook
			e.updateObject(webhooks, func() {
				before = webhooks.DeepCopy().Webhooks
				for i := range webhooks.Webhooks {
					if webhooks.Webhooks[i].Name == "backups.seedbed.dev" {
						weaken(&webhooks.Webhooks[i])
					}
				}
			})
			e.eventually(func(ctx context.Context) error { // the webhook, which does not answer, or the policy
				err := bob.Create(ctx, e.secretsOf(source), client.DryRunAll)
				if err == nil {
					t.Fatal("it was allowed")
				}
				return requireTexts(err, byBackupsPolicy, "nobody reviews who may", "backups.seedbed.dev")
			})
			e.updateObject(webhooks, func() { webhooks.Webhooks = before })
			e.eventually(func(ctx context.Context) error {
				return requireTexts(bob.Create(ctx, e.secretsOf(source), client.DryRunAll), "failed calling webhook")
			})
		})
	}
}

// While the policy of backups is not in force, none is captured. Each weakness is added to the one before.
func TestBackupIsNotCapturedWhileItsPolicyIsNotInForce(t *testing.T) {
	e := newInstallation(t)
	e.startController()
	source := e.createSecretSource()
	meta := metav1.ObjectMeta{Name: authorization.PolicyBackups}
	policy, binding := &admissionregistrationv1.ValidatingAdmissionPolicy{ObjectMeta: meta}, &admissionregistrationv1.ValidatingAdmissionPolicyBinding{ObjectMeta: meta}
	allow := admissionregistrationv1.AllowAction
	for _, test := range []struct {
		name   string
		weaken func(*env)
	}{
		{"its binding allows where there is no webhook", func(e *env) {
			e.updateObject(binding, func() { binding.Spec.ParamRef.ParameterNotFoundAction = &allow })
		}},
		{"its binding only warns", func(e *env) {
			e.updateObject(binding, func() {
				binding.Spec.ValidationActions = []admissionregistrationv1.ValidationAction{admissionregistrationv1.Warn}
			})
		}},
		{"its binding is gone", func(e *env) { e.deleteObjects(binding) }},
		{"it is gone", func(e *env) { e.deleteObjects(policy) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			test.weaken(e)
			backup := e.secretsOf(source)
			e.createObjects(backup)
			e.notCaptured(backup)
		})
	}
}

// requireTexts returns an error unless err contains each of these texts.
func requireTexts(err error, texts ...string) error {
	for _, text := range texts {
		if err == nil || !strings.Contains(err.Error(), text) {
			return fmt.Errorf("%w: it does not say %q", err, text)
		}
	}
	return nil
}
