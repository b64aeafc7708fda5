package flow

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// TestRefusalRevealsNoValue has the API server quote a password in two ways: in its own validation, and by a policy. Neither
// may reach a place that users without access to the object can read.
func TestRefusalRevealsNoValue(t *testing.T) {
	const password, encoded = "hunter2", "aHVudGVyMg=="
	e := newInstallation(t)
	controller := e.startController()
	definition := newWidgetDefinition()
	versions, _, _ := unstructured.NestedSlice(definition.Object, "spec", "versions")
	schema := versions[0].(map[string]any)["schema"].(map[string]any)["openAPIV3Schema"].(map[string]any)
	schema["properties"] = map[string]any{"spec": map[string]any{"type": "object", "properties": map[string]any{
		"password": map[string]any{"type": "string", "pattern": "^[a-z]+$"},
	}}}
	if err := unstructured.SetNestedSlice(definition.Object, versions, "spec", "versions"); err != nil {
		t.Fatal(err)
	}
	e.installDefinition(definition)
	e.denySecrets()

	source := e.uniqueName("source")
	object := func(version, kind, name, rest string) string {
		return fmt.Sprintf(`{"apiVersion":%q,"kind":%q,"metadata":{"name":%q,"namespace":%q},%s}`, version, kind, name, source, rest)
	}
	backup := e.adoptContent(source, e.newArchive(map[string]string{
		"secrets/" + source + "/pass":             object("v1", "Secret", "pass", `"data":{"password":"`+encoded+`"}`),
		"widgets.example.com/" + source + "/mine": object("example.com/v1", "Widget", "mine", `"spec":{"password":"`+password+`"}`),
	}))
	baseline := e.createBaseline(backup.Name, nil)
	e.createObjects(annotatedNamespace("target", baseline.Name))
	condition := e.awaitReady("target", corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed)
	record := e.getRecord("target", baseline.Name)
	told := strings.Join(record.Result.Errors, "\n")
	e.requireContains(told, "spec.password", "'^[a-z]+$'", "no-secrets", "denied request")

	var events eventsv1.EventList
	if err := e.Client.List(e.ctx(), &events); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(controller.Log)
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{
		"the condition": condition.Message, "the record": fmt.Sprint(record), "the events": fmt.Sprint(events.Items), "the log": string(log),
	} {
		if strings.Contains(text, password) || strings.Contains(text, encoded) {
			t.Errorf("%s: the password is in %s", where, text)
		}
	}
}

// denySecrets makes the API server refuse every Secret named "pass", and quote it.
func (e *env) denySecrets() {
	e.t.Helper()
	only := []admissionregistrationv1.NamedRuleWithOperations{{RuleWithOperations: admissionregistrationv1.RuleWithOperations{
		Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
		Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"secrets"}},
	}}}
	policy := &admissionregistrationv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "no-secrets"},
		Spec: admissionregistrationv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: &admissionregistrationv1.MatchResources{ResourceRules: only},
			Validations: []admissionregistrationv1.Validation{{
				Expression: "object.metadata.name != 'pass'", MessageExpression: `"a weak password: " + string(object.data["password"])`,
			}},
		},
	}
	binding := &admissionregistrationv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "no-secrets"},
		Spec: admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: "no-secrets", ValidationActions: []admissionregistrationv1.ValidationAction{admissionregistrationv1.Deny},
		},
	}
	e.createObjects(policy, binding)
	e.eventually(func(ctx context.Context) error {
		probe := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "pass"}, StringData: map[string]string{"password": "probe"}}
		if err := e.Client.Create(ctx, probe, client.DryRunAll); !strings.Contains(fmt.Sprint(err), "a weak password: ") {
			return errors.Join(errors.New("the policy is not in force yet"), err)
		}
		return nil
	})
}
