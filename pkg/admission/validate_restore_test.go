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
	const own = "spec.baseline: only Seedbed makes restores of baselines: set the namespace's annotation seedbed.dev/baseline, or name a backup in spec.backup"
	denied := func(message string) want { return want{code: http.StatusForbidden, message: message} }
	for name, test := range map[string]struct {
		request request
		want    want
	}{
		"of a backup":                       {createRestore("bar-svc", `{"backup":"foo-svc"}`), want{}},
		"of one of its namespaces":          {createRestore("bar-svc", `{"backup":"both","sourceNamespace":"foo"}`), want{}},
		"of none of its namespaces":         {createRestore("bar-svc", `{"backup":"both"}`), denied(`spec.sourceNamespace is needed, since backup "both" holds several namespaces: set it to one of bar, foo`)},
		"of a namespace it does not hold":   {createRestore("bar-svc", `{"backup":"foo-svc","sourceNamespace":"bar"}`), denied(`spec.sourceNamespace: backup "foo-svc" does not hold namespace "bar": it holds foo`)},
		"without permission":                {createRestore("bar-svc", `{"backup":"private"}`), denied(`spec.backup: backup "private" does not exist, or you may not restore from it: you may use both, foo-svc`)},
		"without permission, as a dry run":  {createRestore("bar-svc", `{"backup":"private"}`).dry(), denied(`spec.backup: backup "private" does not exist, or you may not restore from it: you may use both, foo-svc`)},
		"of one that does not exist":        {createRestore("bar-svc", `{"backup":"boht"}`), denied(`spec.backup: backup "boht" does not exist: did you mean "both"? You may use both, foo-svc`)},
		"of a baseline":                     {createRestore("web", `{"baseline":"web","namespaceUID":"u"}`), denied(own)},
		"of a baseline under another name":  {createRestore("mine", `{"baseline":"web","namespaceUID":"u"}`), denied(own)},
		"of a baseline that does not exist": {createRestore("mine", `{"baseline":"soon","namespaceUID":"u"}`), denied(own)},
		"of both":                           {createRestore("mine", `{"baseline":"web","backup":"foo-svc"}`), denied(own)},
		"called like a baseline":            {createRestore("web", `{"backup":"foo-svc"}`), denied(`metadata.name: "web" is the name of a Baseline, and its restore in this namespace is called so: choose another name`)},
		"called like one not cached yet":    {createRestore("fresh", `{"backup":"foo-svc"}`), denied(`metadata.name: "fresh" is the name of a Baseline, and its restore in this namespace is called so: choose another name`)},
		"called so, without permission":     {createRestore("web", `{"backup":"private"}`), denied(`spec.backup: backup "private" does not exist, or you may not restore from it: you may use both, foo-svc`)},
		"of a baseline by Seedbed":          {request{operation: admissionv1.Create, object: restoreJSON("web", `{"baseline":"web"}`), user: seedbedUser}, want{}},
		"of a backup by Seedbed":            {request{operation: admissionv1.Create, object: restoreJSON("web", `{"backup":"private"}`), user: seedbedUser}, want{}},
		"a deletion":                        {request{operation: admissionv1.Delete, old: restoreJSON("web", `{"baseline":"web"}`)}, want{}},
		"an update":                         {request{operation: admissionv1.Update, old: restoreJSON("web", `{"baseline":"web"}`), object: restoreJSON("web", `{"baseline":"web"}`)}, want{}},
		"no object":                         {request{operation: admissionv1.Create}, want{code: http.StatusBadRequest, message: "the request's object does not decode: there is no content to decode"}},
	} {
		t.Run(name, func(t *testing.T) {
			reviewer := &rights{may: map[string][]string{"jane": {
				"restore baselinebackups.seedbed.dev foo-svc", "restore baselinebackups.seedbed.dev both", "restore baselinebackups.seedbed.dev boht",
			}}}
			catalog := &shelf{
				baselines: []v1alpha1.Baseline{baseline("web")}, late: []v1alpha1.Baseline{baseline("fresh")},
				backups: []v1alpha1.BaselineBackup{backup("foo-svc", "foo"), backup("both", "foo", "bar"), backup("private", "hidden")},
			}
			handler := &ValidateRestore{Decoder: testDecoder(), Baselines: catalog, Backups: catalog, Reviewer: reviewer, Recorder: &tally{}, OwnUser: seedbedUser}
			test.want.check(t, answer(t, handler, test.request))
		})
	}
}

func TestValidateRestoreDeniesWhatItCannotJudge(t *testing.T) {
	const retry = "Seedbed could not check this request, so nothing was changed, try again: "
	allowed := &rights{may: map[string][]string{"jane": {"restore baselinebackups.seedbed.dev "}}}
	backups := &shelf{backups: []v1alpha1.BaselineBackup{backup("foo-svc", "foo")}}
	for name, handler := range map[string]*ValidateRestore{
		"permissions": {Decoder: testDecoder(), Baselines: &shelf{}, Backups: backups, Reviewer: &rights{err: errDown}, Recorder: &tally{}},
		"backups":     {Decoder: testDecoder(), Baselines: &shelf{}, Backups: &shelf{err: errDown}, Reviewer: allowed, Recorder: &tally{}},
		"baselines":   {Decoder: testDecoder(), Baselines: &shelf{err: errDown}, Backups: backups, Reviewer: allowed, Recorder: &tally{}},
	} {
		t.Run(name, func(t *testing.T) {
			got := answer(t, handler, createRestore("bar-svc", `{"backup":"foo-svc"}`))
			want{code: http.StatusServiceUnavailable, message: retry + errDown.Error()}.check(t, got)
		})
	}
}
