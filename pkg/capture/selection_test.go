package capture

import (
	"errors"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/store"
)

func TestDescribeSelection(t *testing.T) {
	for name, test := range map[string]struct {
		spec v1alpha1.BaselineBackupSpec
		want string
	}{
		"everything of one": {
			spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{"foo"}},
			want: "namespaces foo; all resources",
		},
		"everything by a star": {
			spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{"foo"}, IncludedResources: []string{"*", "services"}},
			want: "namespaces foo; all resources",
		},
		"some of two": {
			spec: v1alpha1.BaselineBackupSpec{
				IncludedNamespaces: []string{"foo", "bar"}, IncludedResources: []string{"services", "configmaps"},
				ExcludedResources: []string{"secrets"}, LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}},
			},
			want: "namespaces bar, foo; resources configmaps, services; without secrets; labels a=b",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := describeSelection(&test.spec); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestOtherSelectionErrorNamesSelection(t *testing.T) {
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		meta map[string]string
		want string
	}{
		"recorded": {meta: map[string]string{metaSelected: "namespaces foo; all resources"}, want: "taken 2026-05-01T12:00:00Z of namespaces foo; all resources"},
		"of an earlier release": {want: "taken 2026-05-01T12:00:00Z of a selection that was not recorded, so discard it with " +
			"`kubectl delete secrets -l seedbed.dev/backup=web` in Seedbed's namespace"},
	} {
		t.Run(name, func(t *testing.T) {
			err := otherSelectionError(&store.Entry{Name: "web", Meta: test.meta, Created: at})
			if want := ErrOtherSelection.Error() + ": " + test.want; err.Error() != want || !errors.Is(err, ErrOtherSelection) {
				t.Errorf("%q, want %q", err, want)
			}
		})
	}
}
