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

func TestValidateRestore(t *testing.T) {
	denied := func(message string) want { return want{code: http.StatusForbidden, message: message} }
	for name, test := range map[string]struct {
		request request
		want    want
	}{
		"of a backup":                     {createRestore("bar-svc", `{"backup":"foo-svc"}`), want{}},
		"of one of its namespaces":        {createRestore("bar-svc", `{"backup":"both","sourceNamespace":"foo"}`), want{}},
		"of none of its namespaces":       {createRestore("bar-svc", `{"backup":"both"}`), denied(`spec.sourceNamespace is needed, since backup "both" holds several namespaces: set it to one of its spec.includedNamespaces`)},
		"of a namespace it does not hold": {createRestore("bar-svc", `{"backup":"foo-svc","sourceNamespace":"bar"}`), denied(`spec.sourceNamespace: backup "foo-svc" does not hold namespace "bar": set it to one of its spec.includedNamespaces`)},
		"of one that does not exist":      {createRestore("bar-svc", `{"backup":"boht"}`), denied(`spec.backup: backup "boht" does not exist, or you may not restore from it`)},
		"whoever sends it":                {request{operation: admissionv1.Create, object: restoreJSON("bar-svc", `{"backup":"private"}`), user: "nobody"}, want{}},
		"into the system":                 {request{operation: admissionv1.Create, object: strings.Replace(restoreJSON("bar-svc", `{"backup":"foo-svc"}`), `"namespace":"bar"`, `"namespace":"kube-system"`, 1)}, denied(`metadata.namespace: "kube-system" belongs to the system: nothing is restored into it`)},
		"into Seedbed's namespace":        {request{operation: admissionv1.Create, object: strings.Replace(restoreJSON("bar-svc", `{"backup":"foo-svc"}`), `"namespace":"bar"`, `"namespace":"seedbed-system"`, 1)}, denied(`metadata.namespace: "seedbed-system" belongs to the system: nothing is restored into it`)},
		"of a backup by Seedbed":          {request{operation: admissionv1.Create, object: restoreJSON("web", `{"backup":"private"}`), user: seedbedUser}, want{}},
		"a deletion":                      {request{operation: admissionv1.Delete, old: restoreJSON("web", `{"backup":"foo-svc"}`)}, want{}},
		"an update":                       {request{operation: admissionv1.Update, old: restoreJSON("web", `{"backup":"foo-svc"}`), object: restoreJSON("web", `{"backup":"foo-svc"}`)}, want{}},
		"no object":                       {request{operation: admissionv1.Create}, want{}},
	} {
		t.Run(name, func(t *testing.T) {
			catalog := &shelf{
				baselines: []v1alpha1.Baseline{baseline("web")}, late: []v1alpha1.Baseline{baseline("fresh")},
				backups: []v1alpha1.BaselineBackup{backup("foo-svc", "foo"), backup("both", "foo", "bar"), backup("private", "hidden")},
			}
			handler := &ValidateRestore{Decoder: testDecoder(), Backups: catalog, Recorder: &tally{}, OwnUser: seedbedUser, OwnNamespace: "seedbed-system"}
			test.want.check(t, answer(t, handler, test.request))
		})
	}
}

func TestValidateRestoreAllowsWhatItCannotJudge(t *testing.T) {
	for name, handler := range map[string]*ValidateRestore{
		"backups": {Decoder: testDecoder(), Backups: &shelf{err: errDown}, Recorder: &tally{}},
	} {
		t.Run(name, func(t *testing.T) {
			want{}.check(t, answer(t, handler, createRestore("bar-svc", `{"backup":"foo-svc"}`)))
			if verdicts := handler.Recorder.(*tally).verdicts; !slices.Equal(verdicts, []string{"restores.seedbed.dev error"}) {
				t.Errorf("recorded %q", verdicts)
			}
		})
	}
}
