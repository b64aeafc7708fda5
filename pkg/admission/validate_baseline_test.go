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
		forbids = `spec.backup: backup "%s" does not exist, or you may not restore from it: `
		mine    = `you may use both, foo-svc`
		broken  = `{"matchExpressions":[{"key":"team","operator":"Is"}]}`
		team    = `{"matchLabels":{"team":"a"}}`
		gives   = "spec.namespaceSelector gives this baseline to whoever can create or label a namespace with team=a"
	)
	denied := func(format string, args ...any) want {
		return want{code: http.StatusForbidden, message: fmt.Sprintf(format, args...)}
	}
	for name, test := range map[string]struct {
		request request
		want    want
		reviews int
	}{
		"a create":                            {createBaseline(`{"backup":"foo-svc"}`), want{}, 1},
		"with its only namespace":             {createBaseline(`{"backup":"foo-svc","sourceNamespace":"foo"}`), want{}, 1},
		"one of two namespaces":               {createBaseline(`{"backup":"both","sourceNamespace":"bar"}`), want{}, 1},
		"a namespace that it does not hold":   {createBaseline(`{"backup":"both","sourceNamespace":"baz"}`), denied(`spec.sourceNamespace: backup "both" does not hold namespace "baz": it holds bar, foo`), 1},
		"none of two namespaces":              {createBaseline(`{"backup":"both"}`), denied(`spec.sourceNamespace is needed, since backup "both" holds several namespaces: set it to one of bar, foo`), 1},
		"without permission":                  {createBaseline(`{"backup":"private"}`), denied(forbids+mine, "private"), 5},
		"without permission, as a dry run":    {createBaseline(`{"backup":"private"}`).dry(), denied(forbids+mine, "private"), 5},
		"a typo, without permission":          {createBaseline(`{"backup":"foo-sv"}`), denied(forbids+`did you mean "foo-svc"? You may use both, foo-svc`, "foo-sv"), 5},
		"by one who may restore nothing":      {request{operation: admissionv1.Create, object: baselineJSON(`{"backup":"foo-svc"}`), user: "nobody"}, denied(forbids+`ask an administrator for the verb "restore" on it`, "foo-svc"), 5},
		"before its backup":                   {createBaseline(`{"backup":"later"}`), want{warnings: []string{`spec.backup: backup "later" does not exist: you may use both, foo-svc`}}, 5},
		"Seedbed itself":                      {request{operation: admissionv1.Create, object: baselineJSON(`{"backup":"private"}`), user: seedbedUser}, want{}, 0},
		"a selector says who gets it":         {createBaseline(`{"backup":"foo-svc","namespaceSelector":` + team + `}`), want{warnings: []string{gives}}, 1},
		"an empty selector says so too":       {createBaseline(`{"backup":"foo-svc","namespaceSelector":{}}`), want{warnings: []string{"spec.namespaceSelector is empty: every namespace gets this baseline, whoever creates it"}}, 1},
		"Required without a selector":         {createBaseline(`{"backup":"foo-svc","enforcement":"Required"}`), want{warnings: []string{"spec.enforcement: Required does nothing without spec.namespaceSelector: only namespaces that ask get this baseline"}}, 1},
		"Required with a selector":            {createBaseline(`{"backup":"foo-svc","enforcement":"Required","namespaceSelector":` + team + `}`), want{warnings: []string{gives}}, 1},
		"a namespaceSelector that is broken":  {createBaseline(`{"backup":"foo-svc","namespaceSelector":` + broken + `}`), denied(`spec.namespaceSelector does not parse: "Is" is not a valid label selector operator`), 0},
		"an allowedNamespaces that is broken": {createBaseline(`{"backup":"foo-svc","allowedNamespaces":` + broken + `}`), denied(`spec.allowedNamespaces does not parse: "Is" is not a valid label selector operator`), 0},
		"a gate that nobody keeps":            {createBaseline(`{"backup":"foo-svc","gate":"Pods"}`), want{warnings: []string{"spec.gate: Pods holds no pods here: Seedbed was installed without it (chart value gate.enabled)"}}, 1},
		"a gate that was told of before":      {updateBaseline(`{"backup":"private","gate":"Pods"}`, `{"backup":"private","gate":"Pods","mapping":"ReferencesAndText"}`), want{}, 0},
		"a new backup":                        {updateBaseline(`{"backup":"private"}`, `{"backup":"foo-svc"}`), want{}, 1},
		"a new backup without permission":     {updateBaseline(`{"backup":"foo-svc"}`, `{"backup":"private"}`), denied(forbids+mine, "private"), 5},
		"a new source without permission":     {updateBaseline(`{"backup":"private"}`, `{"backup":"private","sourceNamespace":"hidden"}`), denied(forbids+mine, "private"), 5},
		"another field needs no permission":   {updateBaseline(`{"backup":"private"}`, `{"backup":"private","mapping":"ReferencesAndText"}`), want{}, 0},
		"a new selector needs no permission":  {updateBaseline(`{"backup":"private"}`, `{"backup":"private","namespaceSelector":`+team+`}`), want{warnings: []string{gives}}, 0},
		"a selector that stays is not told":   {updateBaseline(`{"backup":"private","namespaceSelector":`+team+`}`, `{"backup":"private","mapping":"ReferencesAndText","namespaceSelector":`+team+`}`), want{}, 0},
		"a selector that breaks":              {updateBaseline(`{"backup":"private"}`, `{"backup":"private","namespaceSelector":`+broken+`}`), denied(`spec.namespaceSelector does not parse: "Is" is not a valid label selector operator`), 0},
		"metadata of a broken one":            {request{operation: admissionv1.Update, old: baselineJSON(`{"backup":"private","namespaceSelector":` + broken + `}`), object: baselineJSON(`{"backup":"private","namespaceSelector":`+broken+`}`, `"labels":{"a":"b"}`)}, want{}, 0},
		"one that goes away":                  {request{operation: admissionv1.Update, old: baselineJSON(`{"backup":"foo-svc"}`, `"deletionTimestamp":"2026-11-22T12:00:00Z"`), object: baselineJSON(`{"backup":"private"}`, `"deletionTimestamp":"2026-11-22T12:00:00Z"`)}, want{}, 0},
		"a create that says it goes away":     {request{operation: admissionv1.Create, object: baselineJSON(`{"backup":"private"}`, `"deletionTimestamp":"2026-11-22T12:00:00Z"`)}, denied(forbids+mine, "private"), 5},
		"a deletion":                          {request{operation: admissionv1.Delete, old: baselineJSON(`{"backup":"private"}`)}, want{}, 0},
		"no object":                           {request{operation: admissionv1.Create}, want{code: http.StatusBadRequest, message: "the request's object does not decode: there is no content to decode"}, 0},
		"no old object":                       {request{operation: admissionv1.Update, object: baselineJSON(`{"backup":"private"}`)}, want{code: http.StatusBadRequest, message: "the request's object does not decode: there is no content to decode"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			reviewer := &rights{may: map[string][]string{"jane": {
				"restore baselinebackups.seedbed.dev foo-svc", "restore baselinebackups.seedbed.dev both", "restore baselinebackups.seedbed.dev later",
			}}}
			backups := &shelf{backups: []v1alpha1.BaselineBackup{backup("foo-svc", "foo"), backup("both", "foo", "bar"), backup("private", "hidden")}}
			recorder := &tally{}
			handler := &ValidateBaseline{Decoder: testDecoder(), Backups: backups, Reviewer: reviewer, Recorder: recorder, OwnUser: seedbedUser}
			test.want.check(t, answer(t, handler, test.request))
			if len(reviewer.asked) != test.reviews {
				t.Errorf("reviews %q, want %d", reviewer.asked, test.reviews)
			}
			if len(recorder.verdicts) != 1 {
				t.Errorf("recorded %q", recorder.verdicts)
			}
		})
	}
}

func TestValidateBaselineDeniesWhatItCannotJudge(t *testing.T) {
	const retry = "Seedbed could not check this request, so nothing was changed, try again: "
	allowed := &rights{may: map[string][]string{"jane": {"restore baselinebackups.seedbed.dev "}}}
	for name, handler := range map[string]*ValidateBaseline{
		"permissions": {Decoder: testDecoder(), Backups: &shelf{}, Reviewer: &rights{err: errDown}, Recorder: &tally{}},
		"backups":     {Decoder: testDecoder(), Backups: &shelf{err: errDown}, Reviewer: allowed, Recorder: &tally{}},
	} {
		t.Run(name, func(t *testing.T) {
			got := answer(t, handler, createBaseline(`{"backup":"foo-svc"}`))
			want{code: http.StatusServiceUnavailable, message: retry + errDown.Error()}.check(t, got)
			if verdicts := handler.Recorder.(*tally).verdicts; !slices.Equal(verdicts, []string{"baselines.seedbed.dev error"}) {
				t.Errorf("recorded %q", verdicts)
			}
		})
	}
}
