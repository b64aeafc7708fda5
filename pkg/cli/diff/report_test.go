package diff

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"
	clienttesting "k8s.io/client-go/testing"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/check"
)

// newReader returns a reader of live objects. Those of the refused resources may not be read.
func newReader(t *testing.T, refused string, objects ...map[string]any) *live {
	t.Helper()
	var all []runtime.Object
	for _, object := range objects {
		all = append(all, &unstructured.Unstructured{Object: object})
	}
	client := fake.NewSimpleDynamicClient(runtime.NewScheme(), all...)
	client.PrependReactor("get", refused, func(action clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: refused}, "", errors.New("no"))
	})
	return &live{client: client, namespace: "orders"}
}

func object(kind, name string, data map[string]any) map[string]any {
	return map[string]any{"apiVersion": "v1", "kind": kind, "metadata": map[string]any{"name": name, "namespace": "orders"}, "data": data}
}

// newDifferent returns a difference of an object, with the baseline's.
func newDifferent(t *testing.T, key string, result v1alpha1.Result, baseline map[string]any, fields ...string) v1alpha1.ObjectDifference {
	t.Helper()
	different := v1alpha1.ObjectDifference{Result: v1alpha1.ObjectResult{Object: key, Result: result}, Fields: fields}
	if baseline != nil {
		raw, err := json.Marshal(baseline)
		if err != nil {
			t.Fatal(err)
		}
		different.Object = &runtime.RawExtension{Raw: raw}
	}
	return different
}

func newAnswer(compared v1alpha1.NamespaceComparison) *v1alpha1.BaselinePreview {
	return &v1alpha1.BaselinePreview{
		Spec:   v1alpha1.BaselinePreviewSpec{Namespace: "orders", Baseline: "standard", Backup: "b-2", Compare: v1alpha1.CompareHeld},
		Status: v1alpha1.BaselinePreviewStatus{Comparison: &compared},
	}
}

func TestReport(t *testing.T) {
	type data = map[string]any
	changed := newDifferent(t, "configmaps/settings", v1alpha1.ResultChanged, object("ConfigMap", "settings", data{"key": "ours"}), "/data/key")
	changed.Result.Reason = "data.key was changed by kubectl"
	missing := newDifferent(t, "configmaps/gone", v1alpha1.ResultMissing, object("ConfigMap", "gone", data{"key": "ours"}))
	secret := newDifferent(t, "secrets/login", v1alpha1.ResultChanged, object("Secret", "login", data{"password": v1alpha1.PreviewLeftOut}), "/data/password")
	tooLarge := newDifferent(t, "configmaps/large", v1alpha1.ResultChanged, nil)
	settings := object("ConfigMap", "settings", data{"key": "mine", "own": "x"})
	login := object("Secret", "login", data{"password": "c2VjcmV0"})
	for name, test := range map[string]struct {
		refused  string
		live     []map[string]any
		answer   v1alpha1.NamespaceComparison
		problems []string
	}{
		"none": {answer: v1alpha1.NamespaceComparison{Objects: 20}},
		"three": {
			live:   []map[string]any{settings, login},
			answer: v1alpha1.NamespaceComparison{Objects: 20, Changed: 2, Missing: 1, Differences: []v1alpha1.ObjectDifference{missing, changed, secret}},
		},
		"not-compared": {
			answer: v1alpha1.NamespaceComparison{Objects: 2, NotCompared: []v1alpha1.ObjectResult{
				{Object: "configmaps/a", Result: v1alpha1.ResultDisowned, Reason: "lacks the label x"}, {Object: "configmaps/b", Result: v1alpha1.ResultKept, Reason: "the\x1b restore\nleft it"},
			}},
		},
		"unreadable": {
			refused: "secrets", live: []map[string]any{settings, login},
			answer:   v1alpha1.NamespaceComparison{Objects: 20, Changed: 2, Differences: []v1alpha1.ObjectDifference{changed, secret}},
			problems: []string{`secrets/login differs and is not shown: you may not get secrets in namespace "orders": ask whoever administers the cluster for that permission`},
		},
		"too-large": {
			answer: v1alpha1.NamespaceComparison{Objects: 20, Changed: 4, Differences: []v1alpha1.ObjectDifference{tooLarge}, DifferencesOmitted: 3},
			problems: []string{
				"configmaps/large differs and is not shown: the answer has no room for it (configmaps/large: Changed)",
				"3 more objects differ and are not shown: the answer has no room for them",
			},
		},
		"not-served": {
			answer: v1alpha1.NamespaceComparison{Objects: 1, NotCompared: []v1alpha1.ObjectResult{
				{Object: "widgets.example.org/a", Result: v1alpha1.ResultFailed, Reason: "the cluster does not serve this kind"},
			}},
			problems: []string{"widgets.example.org/a could not be compared: the cluster does not serve this kind"},
		},
		"put-back-meanwhile": {
			live:   []map[string]any{object("ConfigMap", "settings", data{"key": "ours", "own": "x"}), object("ConfigMap", "gone", data{"key": "ours"})},
			answer: v1alpha1.NamespaceComparison{Objects: 20, Changed: 1, Missing: 1, Differences: []v1alpha1.ObjectDifference{missing, changed}},
		},
		"deleted-meanwhile": {answer: v1alpha1.NamespaceComparison{Objects: 1, Changed: 1, Differences: []v1alpha1.ObjectDifference{changed}}},
	} {
		t.Run(name, func(t *testing.T) {
			r, problems := newReport(t.Context(), newReader(t, test.refused, test.live...), newAnswer(test.answer))
			var texts []string
			for _, problem := range problems {
				texts = append(texts, problem.Error())
			}
			if got, want := strings.Join(texts, "\n"), strings.Join(test.problems, "\n"); got != want {
				t.Errorf("problems\n%s\nwant\n%s", got, want)
			}
			for _, format := range formats {
				cmd := &cobra.Command{}
				var out bytes.Buffer
				cmd.SetOut(&out)
				if err := (&options{format: format}).printReport(cmd, r); err != nil {
					t.Fatal(err)
				}
				check.Golden(t, out.String(), "report", name+"."+format+".txt")
				if strings.Contains(out.String(), "c2VjcmV0") || strings.Contains(out.String(), "\x1b") {
					t.Errorf("a value of a Secret or a control character is printed: %s", out.String())
				}
			}
		})
	}
}
