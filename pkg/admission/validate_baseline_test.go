package admission

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func baselineJSON(spec string, metadata ...string) string {
	more := ""
	for _, m := range metadata {
		more += "," + m
	}
	return fmt.Sprintf(`{"apiVersion":"seedbed.dev/v1alpha1","kind":"Baseline","metadata":{"name":"web"%s},"spec":%s}`, more, spec)
}

func createBaseline(spec string) request {
	return request{operation: admissionv1.Create, object: baselineJSON(spec)}
}

func updateBaseline(from, to string) request {
	return request{operation: admissionv1.Update, old: baselineJSON(from), object: baselineJSON(to)}
}

func TestValidateBaseline(t *testing.T) {
	const (
		absent = `spec.backup: backup "later" does not exist, or you may not restore from it: the baseline waits for it`
		broken = `{"matchExpressions":[{"key":"team","operator":"Is"}]}`
		team   = `{"matchLabels":{"team":"a"}}`
		gives  = "spec.namespaceSelector gives this baseline to whoever can create or label a namespace with team=a"
	)
	denied := func(format string, args ...any) want {
		return want{code: http.StatusForbidden, message: fmt.Sprintf(format, args...)}
	}
	for name, test := range map[string]struct {
		request request
		want    want
	}{
		"a create":                            {createBaseline(`{"backup":"foo-svc"}`), want{}},
		"with its only namespace":             {createBaseline(`{"backup":"foo-svc","sourceNamespace":"foo"}`), want{}},
		"one of two namespaces":               {createBaseline(`{"backup":"both","sourceNamespace":"bar"}`), want{}},
		"a namespace that it does not hold":   {createBaseline(`{"backup":"both","sourceNamespace":"baz"}`), denied(`spec.sourceNamespace: backup "both" does not hold namespace "baz": set it to one of its spec.includedNamespaces`)},
		"none of two namespaces":              {createBaseline(`{"backup":"both"}`), denied(`spec.sourceNamespace is needed, since backup "both" holds several namespaces: set it to one of its spec.includedNamespaces`)},
		"whoever sends it":                    {request{operation: admissionv1.Create, object: baselineJSON(`{"backup":"private"}`), user: "nobody"}, want{}},
		"before its backup":                   {createBaseline(`{"backup":"later"}`), want{warnings: []string{absent}}},
		"Seedbed itself":                      {request{operation: admissionv1.Create, object: baselineJSON(`{"backup":"private"}`), user: seedbedUser}, want{}},
		"a selector says who gets it":         {createBaseline(`{"backup":"foo-svc","namespaceSelector":` + team + `}`), want{warnings: []string{gives}}},
		"an empty selector says so too":       {createBaseline(`{"backup":"foo-svc","namespaceSelector":{}}`), want{warnings: []string{"spec.namespaceSelector is empty: every namespace gets this baseline, whoever creates it"}}},
		"Required without a selector":         {createBaseline(`{"backup":"foo-svc","enforcement":"Required"}`), want{warnings: []string{"spec.enforcement: Required does nothing without spec.namespaceSelector: only namespaces that ask get this baseline"}}},
		"Required with a selector":            {createBaseline(`{"backup":"foo-svc","enforcement":"Required","namespaceSelector":` + team + `}`), want{warnings: []string{gives}}},
		"a namespaceSelector that is broken":  {createBaseline(`{"backup":"foo-svc","namespaceSelector":` + broken + `}`), denied(`spec.namespaceSelector does not parse: "Is" is not a valid label selector operator`)},
		"an allowedNamespaces that is broken": {createBaseline(`{"backup":"foo-svc","allowedNamespaces":` + broken + `}`), denied(`spec.allowedNamespaces does not parse: "Is" is not a valid label selector operator`)},
		"a gate that nobody keeps":            {createBaseline(`{"backup":"foo-svc","gate":"Pods"}`), want{warnings: []string{"spec.gate: Pods holds no pods here: Seedbed was installed without it (chart value gate.enabled)"}}},
		"a gate that was told of before":      {updateBaseline(`{"backup":"private","gate":"Pods"}`, `{"backup":"private","gate":"Pods","mapping":"ReferencesAndText"}`), want{}},
		"a new backup":                        {updateBaseline(`{"backup":"private"}`, `{"backup":"foo-svc"}`), want{}},
		"a new source that it does not hold":  {updateBaseline(`{"backup":"private"}`, `{"backup":"private","sourceNamespace":"foo"}`), denied(`spec.sourceNamespace: backup "private" does not hold namespace "foo": set it to one of its spec.includedNamespaces`)},
		"another field":                       {updateBaseline(`{"backup":"private"}`, `{"backup":"private","mapping":"ReferencesAndText"}`), want{}},
		"a new selector":                      {updateBaseline(`{"backup":"private"}`, `{"backup":"private","namespaceSelector":`+team+`}`), want{warnings: []string{gives}}},
		"a selector that stays is not told":   {updateBaseline(`{"backup":"private","namespaceSelector":`+team+`}`, `{"backup":"private","mapping":"ReferencesAndText","namespaceSelector":`+team+`}`), want{}},
		"a selector that breaks":              {updateBaseline(`{"backup":"private"}`, `{"backup":"private","namespaceSelector":`+broken+`}`), denied(`spec.namespaceSelector does not parse: "Is" is not a valid label selector operator`)},
		"metadata of a broken one":            {request{operation: admissionv1.Update, old: baselineJSON(`{"backup":"private","namespaceSelector":` + broken + `}`), object: baselineJSON(`{"backup":"private","namespaceSelector":`+broken+`}`, `"labels":{"a":"b"}`)}, want{}},
		"one that goes away":                  {request{operation: admissionv1.Update, old: baselineJSON(`{"backup":"foo-svc"}`, `"deletionTimestamp":"2026-11-22T12:00:00Z"`), object: baselineJSON(`{"backup":"private"}`, `"deletionTimestamp":"2026-11-22T12:00:00Z"`)}, want{}},
		"a create that says it goes away":     {request{operation: admissionv1.Create, object: baselineJSON(`{"backup":"private"}`, `"deletionTimestamp":"2026-11-22T12:00:00Z"`)}, want{}},
		"a deletion":                          {request{operation: admissionv1.Delete, old: baselineJSON(`{"backup":"private"}`)}, want{}},
		"no object":                           {request{operation: admissionv1.Create}, want{}},
		"no old object":                       {request{operation: admissionv1.Update, object: baselineJSON(`{"backup":"private"}`)}, want{}},
	} {
		t.Run(name, func(t *testing.T) {
			backups := &shelf{backups: []v1alpha1.BaselineBackup{backup("foo-svc", "foo"), backup("both", "foo", "bar"), backup("private", "hidden")}}
			recorder := &tally{}
			handler := &ValidateBaseline{Decoder: testDecoder(), Backups: backups, Recorder: recorder, OwnUser: seedbedUser}
			test.want.check(t, answer(t, handler, test.request))
			if len(recorder.verdicts) != 1 {
				t.Errorf("recorded %q", recorder.verdicts)
			}
		})
	}
}

func TestValidateBaselineAllowsWhatItCannotJudge(t *testing.T) {
	handler := &ValidateBaseline{Decoder: testDecoder(), Backups: &shelf{err: errDown}, Recorder: &tally{}}
	got := answer(t, handler, createBaseline(`{"backup":"foo-svc","namespaceSelector":{}}`))
	want{warnings: []string{"spec.namespaceSelector is empty: every namespace gets this baseline, whoever creates it"}}.check(t, got)
	if verdicts := handler.Recorder.(*tally).verdicts; !slices.Equal(verdicts, []string{"baselines.seedbed.dev error"}) {
		t.Errorf("recorded %q", verdicts)
	}
}
