package restore

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestMetadataUpdateKeepsWhatTheTenantChanged(t *testing.T) {
	for name, test := range map[string]struct {
		live, wanted map[string]string
		earlier      []map[string]string
		required     bool
		want         string
		kept         []string
	}{
		"a new value":                       {live: map[string]string{"a/b": "1"}, earlier: []map[string]string{{"a/b": "1"}}, wanted: map[string]string{"a/b": "2"}, want: `[{"op":"test","path":"/metadata/labels/a~1b","value":"1"},{"op":"add","path":"/metadata/labels/a~1b","value":"2"}]`},
		"the same value":                    {live: map[string]string{"a": "mine"}, earlier: []map[string]string{{"a": "1"}}, wanted: map[string]string{"a": "1"}, want: `null`},
		"a new label":                       {live: map[string]string{"b": "1"}, earlier: []map[string]string{{}}, wanted: map[string]string{"a": ""}, want: `[{"op":"test","path":"/metadata/labels/a","value":null},{"op":"add","path":"/metadata/labels/a","value":""}]`},
		"the first label":                   {earlier: []map[string]string{{}}, wanted: map[string]string{"a": "1"}, want: `[{"op":"test","path":"/metadata/labels","value":null},{"op":"add","path":"/metadata/labels","value":{}},{"op":"test","path":"/metadata/labels/a","value":null},{"op":"add","path":"/metadata/labels/a","value":"1"}]`},
		"the first label of a Required one": {earlier: []map[string]string{{}}, wanted: map[string]string{"a": "1"}, required: true, want: `[{"op":"test","path":"/metadata/labels","value":null},{"op":"add","path":"/metadata/labels","value":{}},{"op":"add","path":"/metadata/labels/a","value":"1"}]`},
		"one that is gone":                  {live: map[string]string{"a": "1"}, earlier: []map[string]string{{"a": "1"}}, want: `[{"op":"test","path":"/metadata/labels/a","value":"1"},{"op":"remove","path":"/metadata/labels/a"}]`},
		"changed by the tenant":             {live: map[string]string{"a": "mine"}, earlier: []map[string]string{{"a": "1"}}, wanted: map[string]string{"a": "2"}, want: `null`, kept: []string{"metadata.labels[a]"}},
		"removed by the tenant":             {live: map[string]string{}, earlier: []map[string]string{{"a": "1"}}, wanted: map[string]string{"a": "2"}, want: `null`, kept: []string{"metadata.labels[a]"}},
		"the tenant's own":                  {live: map[string]string{"a": "mine"}, earlier: []map[string]string{{}}, wanted: map[string]string{"a": "2"}, want: `null`, kept: []string{"metadata.labels[a]"}},
		"done already":                      {live: map[string]string{"a": "2"}, earlier: []map[string]string{{"a": "1"}}, wanted: map[string]string{"a": "2"}, want: `null`},
		"half done":                         {live: map[string]string{"a": "2"}, earlier: []map[string]string{{"a": "1"}, {"a": "2"}}, wanted: map[string]string{"a": "3"}, want: `[{"op":"test","path":"/metadata/labels/a","value":"2"},{"op":"add","path":"/metadata/labels/a","value":"3"}]`},
		"never copied":                      {live: map[string]string{}, earlier: []map[string]string{{"a": "1", "b": "1"}, nil}, wanted: map[string]string{"a": "2", "b": "1"}, want: `[{"op":"test","path":"/metadata/labels/a","value":null},{"op":"add","path":"/metadata/labels/a","value":"2"},{"op":"test","path":"/metadata/labels/b","value":null},{"op":"add","path":"/metadata/labels/b","value":"1"}]`},
		"required":                          {live: map[string]string{"a": "mine"}, earlier: []map[string]string{{"a": "1"}}, wanted: map[string]string{"a": "2"}, required: true, want: `[{"op":"add","path":"/metadata/labels/a","value":"2"}]`},
		"the earlier one is gone":           {live: map[string]string{"a": "1"}, wanted: map[string]string{"a": "2", "b": "3"}, want: `[{"op":"test","path":"/metadata/labels/b","value":null},{"op":"add","path":"/metadata/labels/b","value":"3"}]`, kept: []string{"metadata.labels[a]"}},
	} {
		t.Run(name, func(t *testing.T) {
			update := metadataUpdate{}
			update.addField("labels", test.live, test.wanted, test.earlier, test.required)
			got, err := json.Marshal(update.operations)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.kept, update.kept); diff != "" {
				t.Errorf("kept (-want +got):\n%s", diff)
			}
		})
	}
}

// The copy of a restore failed, so the labels are missing, and a better revision supersedes it.
func TestMetadataUpdateCopiesWhatTheRestoreDidNot(t *testing.T) {
	compiled := samplePlan(t, map[string]string{"namespaces//foo": `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"foo","labels":{"team":"a"}}}`})
	for name, test := range map[string]struct {
		pending []string
		want    int
	}{
		"the copy is pending":         {pending: []string{"namespaces/team"}, want: 1},
		"the tenant removed its copy": {pending: []string{"configmaps/a"}},
	} {
		t.Run(name, func(t *testing.T) {
			task := taskFor("team")
			task.Metadata = &v1alpha1.NamespaceMetadata{Labels: []string{"team"}}
			task.Previous = v1alpha1.RestoreResult{Phase: v1alpha1.PhasePartiallyFailed, Pending: test.pending}
			task.Baseline, task.Transition = &v1alpha1.Baseline{}, &Transition{}
			runner := &Runner{Plans: fakePlans{compiled}}
			moving, err := runner.newTransition(t.Context(), &task, compiled, task.valuesTarget(compiled))
			if err != nil {
				t.Fatal(err)
			}
			run := runner.newRun(&task, compiled, nil)
			run.setTransition(moving, nil)
			if update := run.decideMetadata(); len(update.changed) != test.want || len(update.kept) > 0 {
				t.Errorf("changed %v, kept %v, want %d changed", update.changed, update.kept, test.want)
			}
		})
	}
}
