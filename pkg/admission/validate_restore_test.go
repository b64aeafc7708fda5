package admission

import (
	"fmt"
	"net/http"
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
		"of a backup":                      {createRestore("bar-svc", `{"backup":"foo-svc"}`), want{}},
		"of one of its namespaces":         {createRestore("bar-svc", `{"backup":"both","sourceNamespace":"foo"}`), want{}},
		"of none of its namespaces":        {createRestore("bar-svc", `{"backup":"both"}`), denied(`spec.sourceNamespace is needed, since backup "both" holds several namespaces: set it to one of bar, foo`)},
		"of a namespace it does not hold":  {createRestore("bar-svc", `{"backup":"foo-svc","sourceNamespace":"bar"}`), denied(`spec.sourceNamespace: backup "foo-svc" does not hold namespace "bar": it holds foo`)},
		"without permission":               {createRestore("bar-svc", `{"backup":"private"}`), denied(`spec.backup: backup "private" does not exist, or you may not restore from it: you may use both, foo-svc`)},
		"without permission, as a dry run": {createRestore("bar-svc", `{"backup":"private"}`).dry(), denied(`spec.backup: backup "private" does not exist, or you may not restore from it: you may use both, foo-svc`)},
		"of one that does not exist":       {createRestore("bar-svc", `{"backup":"boht"}`), denied(`spec.backup: backup "boht" does not exist: did you mean "both"? You may use both, foo-svc`)},
		"called so, without permission":    {createRestore("web", `{"backup":"private"}`), denied(`spec.backup: backup "private" does not exist, or you may not restore from it: you may use both, foo-svc`)},
		"of a backup by Seedbed":           {request{operation: admissionv1.Create, object: restoreJSON("web", `{"backup":"private"}`), user: seedbedUser}, want{}},
		"a deletion":                       {request{operation: admissionv1.Delete, old: restoreJSON("web", `{"backup":"foo-svc"}`)}, want{}},
		"an update":                        {request{operation: admissionv1.Update, old: restoreJSON("web", `{"backup":"foo-svc"}`), object: restoreJSON("web", `{"backup":"foo-svc"}`)}, want{}},
		"no object":                        {request{operation: admissionv1.Create}, want{code: http.StatusBadRequest, message: "the request's object does not decode: there is no content to decode"}},
	} {
		t.Run(name, func(t *testing.T) {
			reviewer := &rights{may: map[string][]string{"jane": {
				"restore baselinebackups.seedbed.dev foo-svc", "restore baselinebackups.seedbed.dev both", "restore baselinebackups.seedbed.dev boht",
			}}}
			catalog := &shelf{
				baselines: []v1alpha1.Baseline{baseline("web")}, late: []v1alpha1.Baseline{baseline("fresh")},
				backups: []v1alpha1.BaselineBackup{backup("foo-svc", "foo"), backup("both", "foo", "bar"), backup("private", "hidden")},
			}
			handler := &ValidateRestore{Decoder: testDecoder(), Backups: catalog, Reviewer: reviewer, Recorder: &tally{}, OwnUser: seedbedUser}
			test.want.check(t, answer(t, handler, test.request))
		})
	}
}

func TestValidateRestoreDeniesWhatItCannotJudge(t *testing.T) {
	const retry = "Seedbed could not check this request, so nothing was changed, try again: "
	allowed := &rights{may: map[string][]string{"jane": {"restore baselinebackups.seedbed.dev "}}}
	backups := &shelf{backups: []v1alpha1.BaselineBackup{backup("foo-svc", "foo")}}
	for name, handler := range map[string]*ValidateRestore{
		"permissions": {Decoder: testDecoder(), Backups: backups, Reviewer: &rights{err: errDown}, Recorder: &tally{}},
		"backups":     {Decoder: testDecoder(), Backups: &shelf{err: errDown}, Reviewer: allowed, Recorder: &tally{}},
	} {
		t.Run(name, func(t *testing.T) {
			got := answer(t, handler, createRestore("bar-svc", `{"backup":"foo-svc"}`))
			want{code: http.StatusServiceUnavailable, message: retry + errDown.Error()}.check(t, got)
		})
	}
}
