package main

import (
	"io"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestWithoutFinalizerTakesOnlySeedbedsOwn(t *testing.T) {
	tests := []struct {
		name       string
		finalizers []string
		want       string
	}{
		{"none", nil, ""},
		{"another's", []string{"example.org/other"}, ""},
		{"Seedbed's", []string{v1alpha1.FinalizerContent}, `{"metadata":{"finalizers":[],"resourceVersion":"7"}}`},
		{"both", []string{"example.org/a", v1alpha1.FinalizerContent, "example.org/b"},
			`{"metadata":{"finalizers":["example.org/a","example.org/b"],"resourceVersion":"7"}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := withoutFinalizer(&metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
				Name: "web", ResourceVersion: "7", Finalizers: test.finalizers,
			}})
			if err != nil || string(got) != test.want {
				t.Errorf("the patch is %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func TestRemoveRefusesBadFlagsByName(t *testing.T) {
	t.Setenv("POD_NAMESPACE", "")
	for _, test := range []struct{ args, says string }{
		{"--deploymnt=x", "--deploymnt"},
		{"now", `"now"`},
		{"--namespace=Not_One", `"Not_One"`},
		{"", "POD_NAMESPACE"},
		{"--timeout=soon", "--timeout"},
	} {
		t.Run(test.args, func(t *testing.T) {
			err := runRemove(t.Context(), strings.Fields(test.args), io.Discard)
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want %s in it", err, test.says)
			}
		})
	}
}
