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

func TestBaselineValidator(t *testing.T) {
	const (
		absent = `spec.backup: backup "later" does not exist, or you may not restore from it: the baseline waits for it`
		broken = `{"matchExpressions":[{"key":"team","operator":"Is"}]}`
		team   = `{"matchLabels":{"team":"a"}}`
		gives  = "spec.namespaceSelector gives this baseline to whoever can create or label a namespace with team=a"
	)
	invalid := func(path, detail string) wantResponse {
		return wantResponse{code: http.StatusUnprocessableEntity, field: path, message: fmt.Sprintf("Baseline.seedbed.dev \"web\" is invalid: %s: %s", path, detail)}
	}
	for name, test := range map[string]struct {
		request request
		want    wantResponse
	}{
		"a create":                            {request: createBaseline(`{"backup":"foo-svc"}`), want: wantResponse{}},
		"with its only namespace":             {request: createBaseline(`{"backup":"foo-svc","sourceNamespace":"foo"}`), want: wantResponse{}},
		"one of two namespaces":               {request: createBaseline(`{"backup":"both","sourceNamespace":"bar"}`), want: wantResponse{}},
		"a namespace that it does not hold":   {request: createBaseline(`{"backup":"both","sourceNamespace":"baz"}`), want: invalid("spec.sourceNamespace", `Invalid value: "baz": backup "both" does not hold this namespace: set it to one of its spec.includedNamespaces`)},
		"none of two namespaces":              {request: createBaseline(`{"backup":"both"}`), want: invalid("spec.sourceNamespace", `Required value: backup "both" holds several namespaces: set it to one of its spec.includedNamespaces`)},
		"from any user":                       {request: request{operation: admissionv1.Create, object: baselineJSON(`{"backup":"private"}`), user: "joe"}, want: wantResponse{}},
		"before its backup":                   {request: createBaseline(`{"backup":"later"}`), want: wantResponse{warnings: []string{absent}}},
		"Seedbed itself":                      {request: request{operation: admissionv1.Create, object: baselineJSON(`{"backup":"private"}`), user: seedbedUser}, want: wantResponse{}},
		"a selector":                          {request: createBaseline(`{"backup":"foo-svc","namespaceSelector":` + team + `}`), want: wantResponse{warnings: []string{gives}}},
		"an empty selector":                   {request: createBaseline(`{"backup":"foo-svc","namespaceSelector":{}}`), want: wantResponse{warnings: []string{"spec.namespaceSelector is empty: every namespace gets this baseline, whoever creates it"}}},
		"Required without a selector":         {request: createBaseline(`{"backup":"foo-svc","enforcement":"Required"}`), want: wantResponse{warnings: []string{"spec.enforcement: Required does nothing without spec.namespaceSelector: only namespaces that ask get this baseline"}}},
		"Required with a selector":            {request: createBaseline(`{"backup":"foo-svc","enforcement":"Required","namespaceSelector":` + team + `}`), want: wantResponse{warnings: []string{gives}}},
		"a namespaceSelector that is broken":  {request: createBaseline(`{"backup":"foo-svc","namespaceSelector":` + broken + `}`), want: invalid("spec.namespaceSelector.matchExpressions[0].operator", `Invalid value: "Is": not a valid selector operator`)},
		"an allowedNamespaces that is broken": {request: createBaseline(`{"backup":"foo-svc","allowedNamespaces":` + broken + `}`), want: invalid("spec.allowedNamespaces.matchExpressions[0].operator", `Invalid value: "Is": not a valid selector operator`)},
		"a step's selector that is broken":    {request: createBaseline(`{"backup":"foo-svc","rollout":{"steps":[{"namespaces":1},{"namespaceSelector":` + broken + `}]}}`), want: invalid("spec.rollout.steps[1].namespaceSelector.matchExpressions[0].operator", `Invalid value: "Is": not a valid selector operator`)},
		"a rollout's steps":                   {request: createBaseline(`{"backup":"foo-svc","rollout":{"steps":[{"namespaceSelector":` + team + `}]}}`), want: wantResponse{}},
		"a new backup that namespaces get": {request: request{operation: admissionv1.Update, object: baselineJSON(`{"backup":"foo-svc","rollout":{}}`),
			old: strings.TrimSuffix(baselineJSON(`{"backup":"private"}`), "}") + `,"status":{"namespaces":3}}`},
			want: wantResponse{warnings: []string{"spec.rollout: this reaches 3 namespaces that hold the baseline: first 1, then 10%, then all"}}},
		"a gate without its policies":  {request: createBaseline(`{"backup":"foo-svc","gate":"Pods"}`), want: wantResponse{warnings: []string{"spec.gate: Pods holds no pods here: Seedbed was installed without it (chart value gate.enabled)"}}},
		"a gate that was there before": {request: updateBaseline(`{"backup":"private","gate":"Pods"}`, `{"backup":"private","gate":"Pods","mapping":"ReferencesAndText"}`), want: wantResponse{}},
		"Deny without its policy": {request: createBaseline(`{"backup":"foo-svc","enforcement":"Required","drift":"Deny","namespaceSelector":` + team + `}`), want: wantResponse{warnings: []string{gives,
			"spec.drift: Deny refuses nothing here: Seedbed was installed without it (chart value protection.enabled); what is changed is put back by the audit"}}},
		"Deny that was there before": {request: updateBaseline(`{"backup":"private","drift":"Deny"}`, `{"backup":"private","drift":"Deny","mapping":"ReferencesAndText"}`), want: wantResponse{}},
		"a value":                    {request: createBaseline(`{"backup":"foo-svc","values":[{"target":{"kind":"ConfigMap"},"path":"/data/x","expression":"target.name"}]}`), want: wantResponse{}},
		"a value with a typo": {request: createBaseline(`{"backup":"foo-svc","values":[{"target":{"kind":"ConfigMap"},"path":"/data/x","expression":"taget.name"}]}`),
			want: invalid("spec.values[0].expression", `Invalid value: "taget.name": column 1: undeclared reference to 'taget'`)},
		"a value at a forbidden path": {request: createBaseline(`{"backup":"foo-svc","values":[{"target":{"kind":"ConfigMap"},"path":"/metadata/name","expression":"target.name"}]}`),
			want: invalid("spec.values[0].path", `Forbidden: of metadata only single labels and annotations can be set, as /metadata/labels/team`)},
		"a value in an object that bounds a tenant": {request: updateBaseline(`{"backup":"private"}`, `{"backup":"private","values":[{"target":{"kind":"LimitRange"},"path":"/spec/x","expression":"target.labels.tier"}]}`),
			want: wantResponse{warnings: []string{"spec.values[0]: whoever may label or annotate a namespace decides about its LimitRange, which bounds it: let no tenant change the labels that it reads"}}},
		"a value that was there before": {request: updateBaseline(`{"backup":"private","values":[{"target":{"kind":"LimitRange"},"path":"/spec/x","expression":"target.labels.tier"}]}`,
			`{"backup":"private","mapping":"ReferencesAndText","values":[{"target":{"kind":"LimitRange"},"path":"/spec/x","expression":"target.labels.tier"}]}`), want: wantResponse{}},
		"a condition that is none": {request: createBaseline(`{"backup":"foo-svc","include":[{"target":{"kind":"ConfigMap"},"expression":"target.name"}]}`),
			want: invalid("spec.include[0].expression", `Invalid value: "target.name": gives string, and a condition is a bool`)},
		"a new backup":                       {request: updateBaseline(`{"backup":"private"}`, `{"backup":"foo-svc"}`), want: wantResponse{}},
		"a new source that it does not hold": {request: updateBaseline(`{"backup":"private"}`, `{"backup":"private","sourceNamespace":"foo"}`), want: invalid("spec.sourceNamespace", `Invalid value: "foo": backup "private" does not hold this namespace: set it to one of its spec.includedNamespaces`)},
		"another field":                      {request: updateBaseline(`{"backup":"private"}`, `{"backup":"private","mapping":"ReferencesAndText"}`), want: wantResponse{}},
		"a new selector":                     {request: updateBaseline(`{"backup":"private"}`, `{"backup":"private","namespaceSelector":`+team+`}`), want: wantResponse{warnings: []string{gives}}},
		"a selector that stays":              {request: updateBaseline(`{"backup":"private","namespaceSelector":`+team+`}`, `{"backup":"private","mapping":"ReferencesAndText","namespaceSelector":`+team+`}`), want: wantResponse{}},
		"a selector that breaks":             {request: updateBaseline(`{"backup":"private"}`, `{"backup":"private","namespaceSelector":`+broken+`}`), want: invalid("spec.namespaceSelector.matchExpressions[0].operator", `Invalid value: "Is": not a valid selector operator`)},
		"metadata of a broken one":           {request: request{operation: admissionv1.Update, old: baselineJSON(`{"backup":"private","namespaceSelector":` + broken + `}`), object: baselineJSON(`{"backup":"private","namespaceSelector":`+broken+`}`, `"labels":{"a":"b"}`)}, want: wantResponse{}},
		"one that goes away":                 {request: request{operation: admissionv1.Update, old: baselineJSON(`{"backup":"foo-svc"}`, `"deletionTimestamp":"2026-11-22T12:00:00Z"`), object: baselineJSON(`{"backup":"private"}`, `"deletionTimestamp":"2026-11-22T12:00:00Z"`)}, want: wantResponse{}},
		"a create that says it goes away":    {request: request{operation: admissionv1.Create, object: baselineJSON(`{"backup":"private"}`, `"deletionTimestamp":"2026-11-22T12:00:00Z"`)}, want: wantResponse{}},
		"a deletion":                         {request: request{operation: admissionv1.Delete, old: baselineJSON(`{"backup":"private"}`)}, want: wantResponse{}},
		"no object":                          {request: request{operation: admissionv1.Create}, want: wantResponse{}},
		"no old object":                      {request: request{operation: admissionv1.Update, object: baselineJSON(`{"backup":"private"}`)}, want: wantResponse{}},
	} {
		t.Run(name, func(t *testing.T) {
			backups := &fakeCatalog{backups: []v1alpha1.BaselineBackup{newBackup("foo-svc", "foo"), newBackup("both", "foo", "bar"), newBackup("private", "hidden")}}
			recorder := &fakeRecorder{}
			webhook := newTestWebhook(WebhookBaseline, &BaselineValidator{Backups: backups}, recorder)
			test.want.checkResponse(t, sendRequest(t, webhook, test.request))
			if len(recorder.verdicts) != 1 {
				t.Errorf("recorded %q", recorder.verdicts)
			}
		})
	}
}

func TestBaselineValidatorIsQuietWhereThePoliciesAre(t *testing.T) {
	v := &BaselineValidator{Backups: &fakeCatalog{backups: []v1alpha1.BaselineBackup{newBackup("foo-svc", "foo")}}, Gate: true, Protection: true}
	got := sendRequest(t, newTestWebhook(WebhookBaseline, v, &fakeRecorder{}), createBaseline(`{"backup":"foo-svc","gate":"Pods","drift":"Deny"}`))
	wantResponse{}.checkResponse(t, got)
}

func TestBaselineValidatorAllowsWhatItCannotReview(t *testing.T) {
	recorder := &fakeRecorder{}
	got := sendRequest(t, newTestWebhook(WebhookBaseline, &BaselineValidator{Backups: &fakeCatalog{err: errDown}}, recorder), createBaseline(`{"backup":"foo-svc","namespaceSelector":{}}`))
	wantResponse{warnings: []string{"spec.namespaceSelector is empty: every namespace gets this baseline, whoever creates it"}}.checkResponse(t, got)
	if !slices.Equal(recorder.verdicts, []string{"baselines.seedbed.dev error"}) {
		t.Errorf("recorded %q", recorder.verdicts)
	}
}
