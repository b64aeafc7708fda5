package admission

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func restoreJSON(name, spec string) string {
	return fmt.Sprintf(`{"apiVersion":"seedbed.dev/v1alpha1","kind":"BaselineRestore","metadata":{"name":%q,"namespace":"bar"},"spec":%s}`, name, spec)
}

func createRestore(name, spec string) request {
	return request{operation: admissionv1.Create, object: restoreJSON(name, spec)}
}

func TestRestoreValidator(t *testing.T) {
	forbidden := func(path, sentence string) wantResponse {
		return wantResponse{code: http.StatusForbidden, field: path, message: `baselinerestores.seedbed.dev "bar-svc" is forbidden: ` + sentence}
	}
	invalid := func(path, detail string) wantResponse {
		return wantResponse{code: http.StatusUnprocessableEntity, field: path, message: fmt.Sprintf("BaselineRestore.seedbed.dev \"bar-svc\" is invalid: %s: %s", path, detail)}
	}
	for name, test := range map[string]struct {
		request request
		want    wantResponse
	}{
		"of a backup":                     {request: createRestore("bar-svc", `{"backup":"foo-svc"}`), want: wantResponse{}},
		"of one of its namespaces":        {request: createRestore("bar-svc", `{"backup":"both","sourceNamespace":"foo"}`), want: wantResponse{}},
		"of none of its namespaces":       {request: createRestore("bar-svc", `{"backup":"both"}`), want: invalid("spec.sourceNamespace", `Required value: backup "both" holds several namespaces: set it to one of its spec.includedNamespaces`)},
		"of a namespace it does not hold": {request: createRestore("bar-svc", `{"backup":"foo-svc","sourceNamespace":"bar"}`), want: invalid("spec.sourceNamespace", `Invalid value: "bar": backup "foo-svc" does not hold this namespace: set it to one of its spec.includedNamespaces`)},
		"of one that does not exist":      {request: createRestore("bar-svc", `{"backup":"boht"}`), want: forbidden("spec.backup", `spec.backup: backup "boht" does not exist, or you may not restore from it`)},
		"from any user":                   {request: request{operation: admissionv1.Create, object: restoreJSON("bar-svc", `{"backup":"private"}`), user: "joe"}, want: wantResponse{}},
		"into the system":                 {request: request{operation: admissionv1.Create, object: strings.Replace(restoreJSON("bar-svc", `{"backup":"foo-svc"}`), `"namespace":"bar"`, `"namespace":"kube-system"`, 1)}, want: forbidden("metadata.namespace", `namespace "kube-system" belongs to the system: nothing is restored into it`)},
		"into Seedbed's namespace":        {request: request{operation: admissionv1.Create, object: strings.Replace(restoreJSON("bar-svc", `{"backup":"foo-svc"}`), `"namespace":"bar"`, `"namespace":"seedbed-system"`, 1)}, want: forbidden("metadata.namespace", `namespace "seedbed-system" belongs to the system: nothing is restored into it`)},
		"of a backup by Seedbed":          {request: request{operation: admissionv1.Create, object: restoreJSON("web", `{"backup":"private"}`), user: seedbedUser}, want: wantResponse{}},
		"a deletion":                      {request: request{operation: admissionv1.Delete, old: restoreJSON("web", `{"backup":"foo-svc"}`)}, want: wantResponse{}},
		"an update":                       {request: request{operation: admissionv1.Update, old: restoreJSON("web", `{"backup":"foo-svc"}`), object: restoreJSON("web", `{"backup":"foo-svc"}`)}, want: wantResponse{}},
		"no object":                       {request: request{operation: admissionv1.Create}, want: wantResponse{}},
	} {
		t.Run(name, func(t *testing.T) {
			catalog := &fakeCatalog{
				baselines: []v1alpha1.Baseline{newBaseline("web")}, late: []v1alpha1.Baseline{newBaseline("fresh")},
				backups: []v1alpha1.BaselineBackup{newBackup("foo-svc", "foo"), newBackup("both", "foo", "bar"), newBackup("private", "hidden")},
			}
			validator := &RestoreValidator{Backups: catalog, OwnNamespace: "seedbed-system"}
			test.want.checkResponse(t, sendRequest(t, newTestWebhook(WebhookRestore, validator, &fakeRecorder{}), test.request))
		})
	}
}

func TestRestoreValidatorAllowsWhatItCannotReview(t *testing.T) {
	recorder := &fakeRecorder{}
	webhook := newTestWebhook(WebhookRestore, &RestoreValidator{Backups: &fakeCatalog{err: errDown}}, recorder)
	wantResponse{}.checkResponse(t, sendRequest(t, webhook, createRestore("bar-svc", `{"backup":"foo-svc"}`)))
	if !slices.Equal(recorder.verdicts, []string{"restores.seedbed.dev error"}) {
		t.Errorf("recorded %q", recorder.verdicts)
	}
}
