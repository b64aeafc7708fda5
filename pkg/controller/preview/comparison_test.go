package preview

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/audit"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/plan"
)

// newSecretDifference returns a difference of a Secret with one value.
func newSecretDifference(t *testing.T, name, key, value string) audit.Difference {
	t.Helper()
	body, err := manifest.NewBody(map[string]any{"kind": "Secret", "metadata": map[string]any{"name": name}, "data": map[string]any{key: value}}, "placeholder-of-the-test")
	if err != nil {
		t.Fatal(err)
	}
	object := manifest.Object{Kind: schema.GroupVersionKind{Version: "v1", Kind: "Secret"}, Key: "secrets/" + name, Name: name, Body: body}
	return audit.Difference{
		Object: audit.Object{ObjectResult: v1alpha1.ObjectResult{Object: object.Key, Result: v1alpha1.ResultChanged}},
		Fields: []string{"/data/" + key}, Manifest: object, Version: schema.GroupVersion{Version: "v1"},
	}
}

func TestComparisonHasNoValueOfASecret(t *testing.T) {
	compared := &audit.Comparison{Plan: &plan.Plan{Spec: plan.Spec{Backup: "b", Baseline: "web"}}, Compared: 1, Differences: []audit.Difference{newSecretDifference(t, "login", "password", "c2VjcmV0")}}
	answer, err := newComparison(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "bar"}}, compared)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"apiVersion":"v1","data":{"password":"(left out)"},"kind":"Secret","metadata":{"labels":{"seedbed.dev/backup":"b","seedbed.dev/baseline":"web"},"name":"login","namespace":"bar"}}`
	if got := string(answer.Differences[0].Object.Raw); got != want {
		t.Errorf("object %s, want %s", got, want)
	}
	if answer.Changed != 1 || answer.Objects != 1 || answer.Missing+answer.Disowned+answer.DifferencesOmitted != 0 {
		t.Errorf("counts %+v", answer)
	}
}

// Objects for which there is no room are named, and those for which there is not even room for that are counted.
func TestComparisonIsBounded(t *testing.T) {
	compared := &audit.Comparison{Plan: &plan.Plan{}}
	const objects = 3000
	reason := strings.Repeat("r", 400)
	for i := range objects {
		difference := newSecretDifference(t, fmt.Sprintf("s-%04d", i), strings.Repeat("k", 2000), "x")
		difference.Reason = reason
		compared.Differences = append(compared.Differences, difference)
		compared.NotCompared = append(compared.NotCompared, v1alpha1.ObjectResult{Object: "a/b", Result: v1alpha1.ResultKept, Reason: reason})
	}
	answer, err := newComparison(&corev1.Namespace{}, compared)
	if err != nil {
		t.Fatal(err)
	}
	if size := encodedSize(&v1alpha1.BaselinePreviewStatus{Comparison: answer}); size > v1alpha1.MaxPreviewBytes {
		t.Errorf("the answer has %d bytes", size)
	}
	whole, last := answer.Differences[0], answer.Differences[len(answer.Differences)-1]
	if whole.Object == nil || last.Object != nil || len(last.Fields) > 0 {
		t.Errorf("the first has an object: %t, the last: %t, and %d fields", whole.Object != nil, last.Object != nil, len(last.Fields))
	}
	listed, left := len(answer.Differences), len(answer.NotCompared)
	if answer.Changed != objects || int(answer.DifferencesOmitted) != objects-listed || listed == objects || int(answer.NotComparedOmitted) != objects-left || left < 100 {
		t.Errorf("%d listed of %d, %d omitted; %d not compared, %d omitted", listed, answer.Changed, answer.DifferencesOmitted, left, answer.NotComparedOmitted)
	}
}

func TestComparisonNeedsTheHeldContent(t *testing.T) {
	backup := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: "b"}, Status: v1alpha1.BaselineBackupStatus{Digest: "d"}}
	for name, test := range map[string]struct {
		held *v1alpha1.RevisionContent
		want string
	}{
		"held":           {held: &v1alpha1.RevisionContent{Backup: "b", Digest: "d"}},
		"another backup": {held: &v1alpha1.RevisionContent{Backup: "a", Digest: "d"}, want: "namespace bar holds backup a of baseline web, not b"},
		"replaced":       {held: &v1alpha1.RevisionContent{Backup: "b", Digest: "e"}, want: "an earlier backup b, which was deleted and created again since"},
		"nothing":        {want: "namespace bar does not hold baseline web"},
	} {
		t.Run(name, func(t *testing.T) {
			holder := &audit.Holder{
				Namespace: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "bar"}}, Baseline: &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "web"}},
			}
			if test.held != nil {
				holder.Record = &v1alpha1.BaselineRecord{Revision: *test.held}
			}
			err := checkHeld(holder, backup)
			var refused *previewRefusal
			if test.want == "" && err != nil || test.want != "" && (!errors.As(err, &refused) || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}
