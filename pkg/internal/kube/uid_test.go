package kube

import (
	"context"
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

func uidError() field.ErrorList {
	return field.ErrorList{field.Invalid(field.NewPath("metadata", "uid"), "2", "field is immutable")}
}

func TestIsUIDMismatch(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"none":                 {},
		"metadata.uid":         {otherUID, true},
		"another field":        {apierrors.NewInvalid(schema.GroupKind{Kind: "ConfigMap"}, "a", field.ErrorList{field.Required(field.NewPath("data"), "")}), false},
		"no answer of the API": {errors.New("encoding"), false},
		"a conflict":           {conflict, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := IsUIDMismatch(test.err); got != test.want {
				t.Errorf("IsUIDMismatch(%v) = %v, want %v", test.err, got, test.want)
			}
		})
	}
}

func TestPatchMetadataNamesTheUIDAndKeepsTheObject(t *testing.T) {
	object, sent := newConfigMap(), ""
	c := interceptor.NewClient(nil, interceptor.Funcs{Patch: func(_ context.Context, _ client.WithWatch, patched client.Object, patch client.Patch, _ ...client.PatchOption) error {
		body, err := patch.Data(patched)
		sent = string(body)
		patched.SetResourceVersion("2")
		return err
	}})
	if err := PatchMetadata(t.Context(), c, "tests", object, map[string]any{"labels": map[string]any{"a": "b", "c": nil}}); err != nil {
		t.Fatal(err)
	}
	if want := `{"metadata":{"labels":{"a":"b","c":null},"uid":"1"}}`; sent != want {
		t.Errorf("sent %s, want %s", sent, want)
	}
	if object.ResourceVersion != "" {
		t.Error("the object of the caller changed")
	}
}

func TestDeleteNamesTheUID(t *testing.T) {
	for name, test := range map[string]struct {
		answer error
		failed bool
	}{
		"deleted":       {},
		"gone already":  {answer: notFound},
		"another UID":   {answer: conflict, failed: true},
		"not permitted": {answer: forbidden, failed: true},
	} {
		t.Run(name, func(t *testing.T) {
			var options client.DeleteOptions
			c := interceptor.NewClient(nil, interceptor.Funcs{Delete: func(_ context.Context, _ client.WithWatch, _ client.Object, given ...client.DeleteOption) error {
				options.ApplyOptions(given)
				return test.answer
			}})
			if err := Delete(t.Context(), c, newConfigMap()); (err != nil) != test.failed {
				t.Errorf("error %v, want failed: %v", err, test.failed)
			}
			if p := options.Preconditions; p == nil || p.UID == nil || *p.UID != newConfigMap().UID {
				t.Errorf("preconditions %v, want the UID", options.Preconditions)
			}
		})
	}
}
