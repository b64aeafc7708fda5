package admission

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// forecast answers every preview alike, and notes what it was asked.
type forecast struct {
	refusal string
	err     error
	asked   []string
}

func (f *forecast) Preview(_ context.Context, spec *v1alpha1.BaselinePreviewSpec, baseline *v1alpha1.Baseline, backup *v1alpha1.BaselineBackup) (*v1alpha1.BaselinePreviewStatus, string, error) {
	name := "by hand"
	if baseline != nil {
		name = baseline.Name
	}
	f.asked = append(f.asked, name+" of "+backup.Name+" into "+spec.Namespace)
	if f.refusal != "" || f.err != nil {
		return nil, f.refusal, f.err
	}
	return &v1alpha1.BaselinePreviewStatus{Backup: backup.Name}, "", nil
}

func createPreview(spec string) request {
	const object = `{"apiVersion":"seedbed.dev/v1alpha1","kind":"BaselinePreview","metadata":{"name":"p"},"spec":%s,"status":{"backup":"forged"}}`
	return request{operation: admissionv1.Create, object: fmt.Sprintf(object, spec)}.dry()
}

func previewHandler(answers *forecast) (*AnswerPreview, *tally) {
	catalog := &shelf{
		baselines: []v1alpha1.Baseline{baseline("web"), baseline("private"), baseline("dangling")}, late: []v1alpha1.Baseline{baseline("fresh")},
		backups: []v1alpha1.BaselineBackup{backup("web-backup", "foo"), backup("fresh-backup", "foo"), backup("both", "foo", "bar"), backup("private-backup", "hidden")},
	}
	var may []string
	for _, name := range []string{"web-backup", "fresh-backup", "both", "boht", "dangling-backup"} {
		may = append(may, "restore baselinebackups.seedbed.dev "+name)
	}
	verdicts := &tally{}
	return &AnswerPreview{
		Decoder: testDecoder(), Baselines: catalog, Backups: catalog, Previewer: answers, Recorder: verdicts,
		Reviewer: &rights{may: map[string][]string{"jane": may, "root": {"restore baselinebackups.seedbed.dev "}}},
	}, verdicts
}

func TestAnswerPreview(t *testing.T) {
	denied := func(message string) want { return want{code: http.StatusForbidden, message: message} }
	root := createPreview(`{"namespace":"bar","baseline":"wbe"}`)
	root.user = "root"
	for name, test := range map[string]struct {
		request request
		asked   string // nothing is told of a backup to those who are denied
		want    want
	}{
		"of a backup":                      {createPreview(`{"namespace":"bar","backup":"web-backup"}`), "by hand of web-backup into bar", want{}},
		"of one of its namespaces":         {createPreview(`{"namespace":"bar","backup":"both","sourceNamespace":"foo"}`), "by hand of both into bar", want{}},
		"of a baseline":                    {createPreview(`{"namespace":"bar","baseline":"web"}`), "web of web-backup into bar", want{}},
		"of a baseline not cached yet":     {createPreview(`{"namespace":"bar","baseline":"fresh"}`), "fresh of fresh-backup into bar", want{}},
		"to be stored":                     {request{operation: admissionv1.Create, object: createPreview(`{"namespace":"bar","backup":"web-backup"}`).object}, "", denied("a preview is never stored: create it with --dry-run=server")},
		"of none of its namespaces":        {createPreview(`{"namespace":"bar","backup":"both"}`), "", denied(`spec.sourceNamespace is needed, since backup "both" holds several namespaces: set it to one of bar, foo`)},
		"of a backup without permission":   {createPreview(`{"namespace":"bar","backup":"private-backup"}`), "", denied(`spec.backup: backup "private-backup" does not exist, or you may not restore from it: you may use both, fresh-backup, web-backup`)},
		"of a baseline without permission": {createPreview(`{"namespace":"bar","baseline":"private"}`), "", denied(`spec.baseline: baseline "private" does not exist, or you may not restore from its backup: you may use dangling, web`)},
		"of a baseline that is not there":  {createPreview(`{"namespace":"bar","baseline":"wbe"}`), "", denied(`spec.baseline: baseline "wbe" does not exist, or you may not restore from its backup: did you mean "web"? You may use dangling, web`)},
		"the same, by who may know":        {root, "", denied(`spec.baseline: baseline "wbe" does not exist: did you mean "web"? You may use dangling, private, web`)},
		"of a backup that is not there":    {createPreview(`{"namespace":"bar","backup":"boht"}`), "", denied(`spec.backup: backup "boht" does not exist: did you mean "both"? You may use both, fresh-backup, web-backup`)},
		"of a baseline without its backup": {createPreview(`{"namespace":"bar","baseline":"dangling"}`), "", denied(`spec.baseline: the backup "dangling-backup" of baseline "dangling" does not exist`)},
		"of both":                          {createPreview(`{"namespace":"bar","baseline":"web","backup":"web-backup"}`), "", denied("spec: set exactly one of baseline and backup")},
		"of nothing":                       {createPreview(`{"namespace":"bar"}`), "", denied("spec: set exactly one of baseline and backup")},
		"into a path":                      {createPreview(`{"namespace":"a/b","backup":"web-backup"}`), "", denied(`spec.namespace: "a/b" cannot be the name of a namespace: a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`)},
		"no object":                        {request{operation: admissionv1.Create, dryRun: true}, "", want{code: http.StatusBadRequest, message: "the request's object does not decode: there is no content to decode"}},
	} {
		t.Run(name, func(t *testing.T) {
			answers := &forecast{}
			handler, _ := previewHandler(answers)
			got := answer(t, handler, test.request)
			test.want.check(t, got)
			if strings.Join(answers.asked, ", ") != test.asked {
				t.Errorf("asked %q, want %q", answers.asked, test.asked)
			}
			if (len(got.Patch) > 0) != (test.asked != "") {
				t.Errorf("the answer is patched with %s", got.Patch)
			}
		})
	}
}

func TestAnswerPreviewFillsInTheStatus(t *testing.T) {
	handler, verdicts := previewHandler(&forecast{})
	got := answer(t, handler, createPreview(`{"namespace":"bar","backup":"web-backup"}`))
	if got.PatchType == nil || *got.PatchType != admissionv1.PatchTypeJSONPatch {
		t.Fatalf("patch type %v", got.PatchType)
	}
	var patch []struct {
		Op, Path string
		Value    v1alpha1.BaselinePreviewStatus
	}
	if err := json.Unmarshal(got.Patch, &patch); err != nil || len(patch) != 1 {
		t.Fatalf("%v: %s", err, got.Patch)
	}
	if patch[0].Op != "add" || patch[0].Path != "/status" || patch[0].Value.Backup != "web-backup" {
		t.Errorf("patch %+v", patch[0])
	}
	if !slices.Equal(verdicts.verdicts, []string{"preview.seedbed.dev allowed"}) {
		t.Errorf("recorded %q", verdicts.verdicts)
	}
}

func TestAnswerPreviewWithoutAnAnswer(t *testing.T) {
	const retry = "Seedbed could not check this request, so nothing was changed, try again: "
	for name, test := range map[string]struct {
		forecast forecast
		want     want
	}{
		"a refusal":  {forecast{refusal: "100% of it is damaged"}, want{code: http.StatusForbidden, message: "100% of it is damaged"}},
		"an error":   {forecast{err: errDown}, want{code: http.StatusServiceUnavailable, message: retry + errDown.Error()}},
		"time is up": {forecast{err: fmt.Errorf("after 3 of 9 objects: %w", context.DeadlineExceeded)}, want{code: http.StatusServiceUnavailable, message: retry + "the preview was not done within 25s: after 3 of 9 objects: context deadline exceeded"}},
	} {
		t.Run(name, func(t *testing.T) {
			handler, _ := previewHandler(&test.forecast)
			got := answer(t, handler, createPreview(`{"namespace":"bar","backup":"web-backup"}`))
			test.want.check(t, got)
			if len(got.Patch) > 0 {
				t.Errorf("patched with %s", got.Patch)
			}
		})
	}
}
