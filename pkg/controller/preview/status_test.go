package preview

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/restore"
)

func TestPreviewStatusKeepsEverythingThatFits(t *testing.T) {
	forecast := &restore.Forecast{
		SourceNamespace: "foo",
		Counts:          v1alpha1.RestoreCounts{Total: 2, Created: 1, Failed: 1},
		Items:           []v1alpha1.ObjectResult{{Object: "configmaps/a", Result: v1alpha1.ResultCreated}, {Object: "secrets/b", Result: v1alpha1.ResultFailed, Reason: "no"}},
		Warnings:        []string{"b", "a", "b"},
		Objects:         []runtime.RawExtension{{Raw: []byte(`{"kind":"ConfigMap"}`)}},
	}
	task := &restore.Task{Namespace: &corev1.Namespace{}, Spec: plan.Spec{Backup: "b", Digest: "d"}}
	want := &v1alpha1.BaselinePreviewStatus{
		Backup: "b", Digest: "d", SourceNamespace: "foo", Counts: forecast.Counts, Items: forecast.Items, Objects: forecast.Objects,
		Warnings: []string{"a", "b"}, WarningCount: 2,
	}
	if diff := cmp.Diff(want, previewStatus(task, forecast)); diff != "" {
		t.Errorf("(want, got): %s", diff)
	}
}

func TestPreviewStatusIsBounded(t *testing.T) {
	long := strings.Repeat("x", 253)
	forecast := &restore.Forecast{Counts: v1alpha1.RestoreCounts{Total: 20002, Failed: 2, Unchanged: 20000}}
	for i := range 20000 {
		forecast.Items = append(forecast.Items, v1alpha1.ObjectResult{
			Object: fmt.Sprintf("widgets.example.com/%s-%05d", long, i), Result: v1alpha1.ResultUnchanged, Reason: strings.Repeat("<", 512),
		})
	}
	forecast.Items = append(forecast.Items, v1alpha1.ObjectResult{Object: "z/1", Result: v1alpha1.ResultFailed}, v1alpha1.ObjectResult{Object: "a/1", Result: v1alpha1.ResultFailed})
	for i := range 1000 {
		forecast.Warnings = append(forecast.Warnings, fmt.Sprintf("w%03d%s", i, strings.Repeat("\x01", 600)))
	}
	for i := range 5 {
		forecast.Objects = append(forecast.Objects, runtime.RawExtension{Raw: fmt.Appendf(nil, `{"a%d":%q}`, i, strings.Repeat("x", maxPreviewObjects/5-20))})
	}
	forecast.ObjectsOmitted = 7
	got := previewStatus(&restore.Task{Namespace: &corev1.Namespace{}}, forecast)
	setAnswer(got, &v1alpha1.BaselinePreview{}, metav1.ConditionTrue, v1alpha1.ReasonAnswered, strings.Repeat("x", 1000))

	encoded, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if len(encoded) > v1alpha1.MaxPreviewBytes || len(encoded) < v1alpha1.MaxPreviewBytes*9/10 {
		t.Errorf("it has %d bytes, and may have %d", len(encoded), v1alpha1.MaxPreviewBytes)
	}
	if !got.Truncated || int(got.ItemsOmitted)+len(got.Items) != 20002 || got.ObjectsOmitted != 7 || got.WarningCount != 1000 || len(got.Warnings) != v1alpha1.MaxMessages {
		t.Errorf("truncated %t, %d items and %d omitted, %d objects omitted, %d of %d warnings",
			got.Truncated, len(got.Items), got.ItemsOmitted, got.ObjectsOmitted, len(got.Warnings), got.WarningCount)
	}
	if first, last := got.Items[0].Object, got.Items[len(got.Items)-1].Object; first != "a/1" || last != "z/1" {
		t.Errorf("the failures were cut, or the items are not sorted: from %q to %q", first, last)
	}
	if diff := cmp.Diff(forecast.Counts, got.Counts); diff != "" {
		t.Errorf("counts (want, got): %s", diff)
	}
}

func TestPreviewMetadataIsBounded(t *testing.T) {
	pairs := map[string]string{}
	for i := range 20 {
		pairs[fmt.Sprintf("example.com/%02d", i)] = strings.Repeat("x", 10<<10)
	}
	room, omitted := space(maxPreviewMetadata), int32(0)
	kept := room.fillPairs(pairs, &omitted)
	if len(kept) != 12 || omitted != 8 || kept["example.com/00"] == "" {
		t.Errorf("%d kept, %d omitted", len(kept), omitted)
	}
}
