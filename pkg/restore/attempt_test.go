package restore

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedbed.dev/seedbed/pkg/apply"
)

func TestAddMetadataAddsTheKeyAndItsError(t *testing.T) {
	outcome := &attempt{pending: []string{"configmaps/a", "services/b"}, errors: []string{"configmaps/a: no", "services/b: no"}}
	outcome.addMetadata(nil)
	if len(outcome.pending) != 2 || len(outcome.errors) != 2 {
		t.Errorf("no error was added, and there is %v, %v", outcome.pending, outcome.errors)
	}
	outcome.addMetadata(&apply.Change{Key: "namespaces/bar", Err: errors.New("in\ntwo lines")})
	if diff := cmp.Diff([]string{"configmaps/a", "namespaces/bar", "services/b"}, outcome.pending); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("namespaces/bar: in two lines", outcome.errors[2]); diff != "" {
		t.Error(diff)
	}
}
