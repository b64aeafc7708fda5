package plan

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedbed.dev/seedbed/test/sample"
)

func TestCompileOrdersMapsAndMarks(t *testing.T) {
	plan, err := Compiler{}.Compile(sample.Archive(t, sample.Objects), Spec{Backup: "b", Baseline: "web", Digest: "d"})
	if err != nil {
		t.Fatal(err)
	}
	var order [][]string
	bodies := map[string]map[string]any{}
	for _, stage := range plan.stages {
		var keys []string
		for _, object := range stage {
			keys = append(keys, object.Key)
			body := map[string]any{}
			if err := json.Unmarshal(object.Body.Encode(object.Kind.GroupVersion(), "bar", plan.Spec.Labels()), &body); err != nil {
				t.Fatal(err)
			}
			bodies[object.Key] = body
		}
		order = append(order, keys)
	}
	want := [][]string{
		{"configmaps/settings", "serviceaccounts/app"},
		{"rolebindings.rbac.authorization.k8s.io/app"},
		{"deployments.apps/web"},
	}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Errorf("stages: %s", diff)
	}
	wantMap := map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "data": map[string]any{"a": "b"},
		"metadata": map[string]any{"name": "settings", "labels": map[string]any{"seedbed.dev/backup": "b", "seedbed.dev/baseline": "web"}},
	}
	if diff := cmp.Diff(wantMap, bodies["configmaps/settings"]); diff != "" {
		t.Errorf("a cleaned and marked object: %s", diff)
	}
	subjects := bodies["rolebindings.rbac.authorization.k8s.io/app"]["subjects"]
	if diff := cmp.Diff([]any{map[string]any{"kind": "ServiceAccount", "name": "app", "namespace": "bar"}}, subjects); diff != "" {
		t.Errorf("a mapped object: %s", diff)
	}
	if diff := cmp.Diff([]string{"configmaps/kube-root-ca.crt"}, plan.skipped); diff != "" {
		t.Errorf("skipped: %s", diff)
	}
	if diff := cmp.Diff(map[string]string{"pod-security.kubernetes.io/enforce": "baseline"}, plan.Labels([]string{"*"})); diff != "" {
		t.Errorf("labels to copy: %s", diff)
	}
}

func TestCompileSharesTheBytesOfWhatMappingLeavesAlone(t *testing.T) {
	plan, err := Compiler{}.Compile(sample.Archive(t, sample.Objects), Spec{Backup: "b"})
	if err != nil {
		t.Fatal(err)
	}
	shared := map[string]bool{}
	for _, stage := range plan.stages {
		for _, object := range stage {
			shared[object.Key] = object.Body.Shared()
		}
	}
	want := map[string]bool{
		"configmaps/settings": true, "serviceaccounts/app": true, "deployments.apps/web": true,
		"rolebindings.rbac.authorization.k8s.io/app": false,
	}
	if diff := cmp.Diff(want, shared); diff != "" {
		t.Error(diff)
	}
}

func TestCompileRefusesWhatItCannotChooseOrRead(t *testing.T) {
	two := map[string]string{
		"configmaps/foo/a": `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"foo"}}`,
		"configmaps/baz/a": `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"baz"}}`,
	}
	tests := map[string]struct {
		content []byte
		source  string
		is      error
		says    string
	}{
		"two namespaces and none chosen": {sample.Archive(t, two), "", ErrSourceNamespace, "baz, foo"},
		"a namespace that is not in it":  {sample.Archive(t, two), "bar", ErrSourceNamespace, `nothing of "bar"`},
		"no archive":                     {[]byte("hello"), "", ErrContent, ""},
		"nothing":                        {nil, "", ErrContent, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Compiler{}.Compile(test.content, Spec{Source: test.source})
			if !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %v; want one that is %v and says %q", err, test.is, test.says)
			}
		})
	}
}

func TestCompileNeverPlansClusterScopedObjects(t *testing.T) {
	objects := map[string]string{
		"clusterroles.rbac.authorization.k8s.io//admin": `{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"admin"}}`,
		"configmaps/foo/a": `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"foo"}}`,
	}
	plan, err := Compiler{}.Compile(sample.Archive(t, objects), Spec{})
	if err != nil {
		t.Fatal(err)
	}
	if plan.Holds("clusterroles.rbac.authorization.k8s.io/admin") {
		t.Error("the ClusterRole is planned")
	}
	if plan.Len() != 1 || !strings.Contains(strings.Join(plan.warnings.Kept(), "\n"), "clusterroles.rbac.authorization.k8s.io/admin") {
		t.Errorf("%d objects, warnings %q; want one object, and a warning about the other", plan.Len(), plan.warnings.Kept())
	}
}

// TestCompileReadsStatusBeforeAllObjects checks that the first pass over an archive sees which owners have finished.
func TestCompileReadsStatusBeforeAllObjects(t *testing.T) {
	plan, err := Compiler{}.Compile(sample.Archive(t, map[string]string{
		"jobs.batch/foo/setup": `{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"setup","namespace":"foo","uid":"u-1"},
			"status":{"conditions":[{"type":"Complete","status":"True"}]}}`,
		"secrets/foo/generated": `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"generated","namespace":"foo","ownerReferences":[
			{"apiVersion":"batch/v1","kind":"Job","name":"setup","uid":"u-1","controller":true}]}}`,
	}), Spec{})
	if err != nil {
		t.Fatal(err)
	}
	if !plan.Holds("secrets/generated") || plan.Holds("jobs.batch/setup") {
		t.Errorf("want the Secret, whose owner is not restored, and not the Job; skipped: %v", plan.Skipped())
	}
}

func TestCompileKeepsNumbers(t *testing.T) {
	const spec = `{"below":-0.5,"big":9007199254740993,"huge":1e+100,"id":123456789012345678,"small":1}`
	plan, err := Compiler{}.Compile(sample.Archive(t, map[string]string{
		"oddities.example.com/foo/numbers": `{"apiVersion":"example.com/v1","kind":"Oddity","metadata":{"name":"numbers","namespace":"foo"},"spec":` + spec + `}`,
	}), Spec{Backup: "b", Digest: "d"})
	if err != nil {
		t.Fatal(err)
	}
	object := plan.stages[0][0]
	if body := string(object.Body.Encode(object.Kind.GroupVersion(), "bar", plan.Spec.Labels())); !strings.Contains(body, spec) {
		t.Errorf("%s is not in %s", spec, body)
	}
}
