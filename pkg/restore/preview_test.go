package restore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/test/sample"
)

// fakePreviewer returns the changes of a table, and creates the objects that are not in it.
type fakePreviewer struct {
	changes   map[string]apply.Change
	onPreview func(key string)
	trials    []string
}

func (o *fakePreviewer) Preview(_ context.Context, _ apply.Target, object manifest.Object) apply.Change {
	if o.onPreview != nil {
		o.onPreview(object.Key)
	}
	change, found := o.changes[object.Key]
	if !found {
		change.Result = apply.Created
	}
	change.Key = object.Key
	return change
}

func (o *fakePreviewer) PreviewUpdate(ctx context.Context, target apply.Target, object manifest.Object, _ apply.Earlier) apply.Change {
	return o.Preview(ctx, target, object)
}

func (o *fakePreviewer) PreviewPrune(ctx context.Context, target apply.Target, object manifest.Object, _ apply.Earlier) apply.Change {
	return o.Preview(ctx, target, object)
}

func (o *fakePreviewer) Traces(context.Context, manifest.Object, string, string) (map[string]apply.Trace, error) {
	return nil, nil
}

func (o *fakePreviewer) PreviewNew(ctx context.Context, trial string, object manifest.Object) apply.Change {
	o.trials = append(o.trials, trial)
	return o.Preview(ctx, apply.Target{}, object)
}

func samplePlan(t *testing.T, extra map[string]string) *plan.Plan {
	t.Helper()
	objects := map[string]string{}
	for _, from := range []map[string]string{sample.Objects, extra} {
		maps.Copy(objects, from)
	}
	compiled, err := plan.Compiler{}.Compile(sample.Archive(t, objects), plan.Spec{Backup: "b", Digest: "d"})
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func TestPreviewHasAReasonForEachObject(t *testing.T) {
	plan := samplePlan(t, map[string]string{
		"serviceaccounts/foo/default": `{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"default","namespace":"foo"},"imagePullSecrets":[{"name":"pull"}]}`,
	})
	answers := &fakePreviewer{changes: map[string]apply.Change{
		"configmaps/settings":     {Result: apply.Kept, Warnings: []string{"configmaps/settings: was already there and differs; left alone"}},
		"serviceaccounts/app":     {Result: apply.Updated},
		"serviceaccounts/default": {Result: apply.Updated},
		"deployments.apps/web":    {Result: apply.Failed, Err: errors.New("no:\n" + strings.Repeat("x", 600))},
	}}
	runner := &Runner{Plans: fakePlans{plan}, Previewer: answers, Parallelism: 1}
	forecast, err := runner.Preview(t.Context(), taskFor("bar"), 0)
	if err != nil {
		t.Fatal(err)
	}
	want := []v1alpha1.ObjectResult{
		{Object: "configmaps/kube-root-ca.crt", Result: "Skipped", Reason: plan.SkipReason("configmaps/kube-root-ca.crt")},
		{Object: "configmaps/settings", Result: "Kept", Reason: "was already there and differs; left alone"},
		{Object: "deployments.apps/web", Result: "Failed", Reason: "no: " + strings.Repeat("x", 505) + "..."},
		{Object: "rolebindings.rbac.authorization.k8s.io/app", Result: "Created"},
		{Object: "serviceaccounts/app", Result: "Updated", Reason: "is there, what it lacks is added"},
		{Object: "serviceaccounts/default", Result: "Updated", Reason: "every namespace has one, what it lacks is added"},
	}
	if diff := cmp.Diff(want, forecast.Items); diff != "" {
		t.Errorf("items (want, got): %s", diff)
	}
	counts := v1alpha1.RestoreCounts{Total: 6, Created: 1, Updated: 2, Kept: 1, Skipped: 1, Failed: 1}
	if diff := cmp.Diff(counts, forecast.Counts); diff != "" {
		t.Errorf("counts (want, got): %s", diff)
	}
	if plan.SkipReason("configmaps/kube-root-ca.crt") == "" || len(forecast.Objects) > 0 || len(answers.trials) > 0 {
		t.Errorf("not requested: %v, %v, or no reason for a skip", forecast.Objects, answers.trials)
	}
}

func TestPreviewOfAMissingNamespaceUsesTheTrialNamespace(t *testing.T) {
	plan, answers := samplePlan(t, nil), &fakePreviewer{}
	runner := &Runner{Plans: fakePlans{plan}, Previewer: answers, Trial: "own", Parallelism: 1}
	task := taskFor("bar")
	task.Namespace.UID = ""
	forecast, err := runner.Preview(t.Context(), task, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if len(answers.trials) != plan.Len() || answers.trials[0] != "own" || len(forecast.Objects) != plan.Len() {
		t.Errorf("%q, %d objects", answers.trials, len(forecast.Objects))
	}
}

func TestPreviewShowsTheObjectsThatWouldBeWritten(t *testing.T) {
	answers := &fakePreviewer{changes: map[string]apply.Change{
		"configmaps/settings": {Result: apply.Kept}, "serviceaccounts/app": {Result: apply.Updated},
		"rolebindings.rbac.authorization.k8s.io/app": {Result: apply.Unchanged}, "deployments.apps/web": {Result: apply.Failed, Err: errors.New("no")},
	}}
	forecast, err := (&Runner{Plans: fakePlans{samplePlan(t, nil)}, Previewer: answers, Parallelism: 1}).Preview(t.Context(), taskFor("bar"), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if len(forecast.Objects) != 1 || !strings.Contains(string(forecast.Objects[0].Raw), `"kind":"ServiceAccount"`) {
		t.Errorf("objects: %s", forecast.Objects)
	}
}

func TestPreviewEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	runner := &Runner{Plans: fakePlans{samplePlan(t, nil)}, Previewer: &fakePreviewer{onPreview: func(string) { cancel() }}, Parallelism: 1}
	_, err := runner.Preview(ctx, taskFor("bar"), 0)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
}

func TestPreviewEndsWithItsNamespace(t *testing.T) {
	gone := &fakePreviewer{changes: map[string]apply.Change{"configmaps/settings": {Result: apply.Failed, Err: apply.ErrNamespaceGone}}}
	_, err := (&Runner{Plans: fakePlans{samplePlan(t, nil)}, Previewer: gone, Parallelism: 1}).Preview(t.Context(), taskFor("bar"), 0)
	if !errors.Is(err, ErrNamespaceGone) {
		t.Errorf("%v, want %v", err, ErrNamespaceGone)
	}
}

func TestShownObjectsContainNoSecrets(t *testing.T) {
	tests := map[string]struct{ content, want string }{
		"a ConfigMap": {
			`{"kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":"v","n":"ns-placeholder"}}`,
			`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"bar","labels":{"l":"b"}},"data":{"k":"v","n":"bar"}}`},
		"a Secret": {
			`{"kind":"Secret","metadata":{"name":"a"},"type":"Opaque","immutable":true,"data":{"k":"djE="},"stringData":{"s":"v2"}}`,
			`{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a","namespace":"bar","labels":{"l":"b"}},"type":"Opaque","immutable":true,"data":{"k":"(left out)"},"stringData":{"s":"(left out)"}}`},
		"a Secret of an odd shape": {
			`{"kind":"Secret","metadata":{"name":"a"},"data":"djE=","stringData":["v2"],"more":{"k":"v3"},"immutable":"v4","type":["v5"]}`,
			`{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a","namespace":"bar","labels":{"l":"b"}}}`},
		"a large number": {
			`{"kind":"ConfigMap","metadata":{"name":"a"},"n":9007199254740993}`,
			`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"bar","labels":{"l":"b"}},"n":9007199254740993}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			content := map[string]any{}
			decoder := json.NewDecoder(strings.NewReader(test.content))
			decoder.UseNumber()
			if err := decoder.Decode(&content); err != nil {
				t.Fatal(err)
			}
			body, err := manifest.NewBody(content, "ns-placeholder")
			if err != nil {
				t.Fatal(err)
			}
			object := manifest.Object{Kind: schema.GroupVersionKind{Version: "v1", Kind: content["kind"].(string)}, Key: "k", Body: body}
			raw, err := EncodeReadable(object, schema.GroupVersion{Version: "v1"}, "bar", manifest.NewLabels(map[string]string{"l": "b"}))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(canonicalJSON(t, test.want), canonicalJSON(t, string(raw))); diff != "" {
				t.Errorf("(want, got): %s", diff)
			}
		})
	}
}

// canonicalJSON returns JSON with sorted keys.
func canonicalJSON(t *testing.T, text string) string {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestObjectsAreBounded(t *testing.T) {
	large := map[string]string{}
	for i := range 9 {
		large[fmt.Sprintf("configmaps/foo/large-%d", i)] = fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"large-%d","namespace":"foo"},"data":{"a":%q}}`, i, strings.Repeat("x", 100<<10))
	}
	const room = 512 << 10
	plan := samplePlan(t, large)
	forecast, err := (&Runner{Plans: fakePlans{plan}, Previewer: &fakePreviewer{}, Parallelism: 1}).Preview(t.Context(), taskFor("bar"), room)
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	for _, object := range forecast.Objects {
		size += len(object.Raw) + 1
	}
	if size > room || forecast.ObjectsOmitted != 4 || len(forecast.Objects)+4 != plan.Len() {
		t.Errorf("%d objects of %d bytes, %d omitted", len(forecast.Objects), size, forecast.ObjectsOmitted)
	}
}
