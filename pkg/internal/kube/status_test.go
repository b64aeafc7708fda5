package kube

import (
	"context"
	"errors"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

var (
	configMaps = schema.GroupResource{Resource: "configmaps"}
	busy       = apierrors.NewServiceUnavailable("starting")
	conflict   = apierrors.NewConflict(configMaps, "a", errors.New("changed"))
	notFound   = apierrors.NewNotFound(configMaps, "a")
	forbidden  = apierrors.NewForbidden(configMaps, "a", errors.New("no"))
	otherUID   = apierrors.NewInvalid(schema.GroupKind{Kind: "ConfigMap"}, "a", uidError())
)

func newConfigMap() *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a", UID: "1"}}
}

func TestPatchStatusNamesUIDAndEmpties(t *testing.T) {
	type status struct {
		Items  int      `json:"items,omitempty"`
		Errors []string `json:"errors,omitempty"`
	}
	tests := map[string]struct {
		object  client.Object
		status  status
		empties []string
		want    string
		kind    types.PatchType
	}{
		"a set field":               {object: newConfigMap(), status: status{Items: 1}, want: `{"metadata":{"uid":"1"},"status":{"items":1}}`, kind: types.MergePatchType},
		"an empty list to clear":    {object: newConfigMap(), empties: []string{"errors"}, want: `{"metadata":{"uid":"1"},"status":{"errors":null}}`, kind: types.MergePatchType},
		"a set list that may be":    {object: newConfigMap(), status: status{Errors: []string{"e"}}, empties: []string{"errors"}, want: `{"metadata":{"uid":"1"},"status":{"errors":["e"]}}`, kind: types.MergePatchType},
		"conditions of a namespace": {object: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "a", UID: "1"}}, want: `{"metadata":{"uid":"1"},"status":{}}`, kind: types.StrategicMergePatchType},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var sent string
			var kind types.PatchType
			c := interceptor.NewClient(nil, interceptor.Funcs{SubResourcePatch: func(_ context.Context, _ client.Client, subResource string, object client.Object, patch client.Patch, _ ...client.SubResourcePatchOption) error {
				body, err := patch.Data(object)
				sent, kind = subResource+string(body), patch.Type()
				return err
			}})
			if err := PatchStatus(t.Context(), c, "tests", test.object, test.status, test.empties...); err != nil {
				t.Fatal(err)
			}
			if want := "status" + test.want; sent != want || kind != test.kind {
				t.Errorf("sent %s as %s, want %s as %s", sent, kind, want, test.kind)
			}
		})
	}
}

func TestRetryStatus(t *testing.T) {
	tests := map[string]struct {
		answers []error // in order; the last one is repeated
		writes  int
		gone    bool
		failed  bool
	}{
		"success":               {answers: []error{nil}, writes: 1},
		"overloaded once":       {answers: []error{busy, nil}, writes: 2},
		"a conflict once":       {answers: []error{conflict, nil}, writes: 2},
		"overloaded for long":   {answers: []error{busy}, writes: WriteRetries.Steps, failed: true},
		"refused":               {answers: []error{forbidden}, writes: 1, failed: true},
		"deleted":               {answers: []error{notFound}, writes: 1, gone: true, failed: true},
		"replaced":              {answers: []error{otherUID}, writes: 1, gone: true, failed: true},
		"found to be gone":      {answers: []error{ErrGone}, writes: 1, gone: true, failed: true},
		"gone after a conflict": {answers: []error{conflict, notFound}, writes: 2, gone: true, failed: true},
	}
	retries := WriteRetries
	WriteRetries.Duration = time.Millisecond
	defer func() { WriteRetries = retries }()
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			writes := 0
			err := RetryStatus(t.Context(), newConfigMap(), func(context.Context) error {
				answer := test.answers[min(writes, len(test.answers)-1)]
				writes++
				return answer
			})
			if writes != test.writes {
				t.Errorf("%d writes, want %d", writes, test.writes)
			}
			if (err != nil) != test.failed || errors.Is(err, ErrGone) != test.gone {
				t.Errorf("error %v, want failed: %v, gone: %v", err, test.failed, test.gone)
			}
			if test.gone && IgnoreGone(err) != nil {
				t.Error("IgnoreGone returned the error")
			}
		})
	}
}
