package restore

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUndoneIsStillToBeDoneAndSaysWhy(t *testing.T) {
	outcome := &Outcome{Pending: []string{"configmaps/a", "services/b"}, Errors: []string{"configmaps/a: no", "services/b: no"}}
	outcome.Undone("namespaces/bar", nil)
	if len(outcome.Pending) != 2 || len(outcome.Errors) != 2 {
		t.Errorf("nothing was undone, and there is %v, %v", outcome.Pending, outcome.Errors)
	}
	outcome.Undone("namespaces/bar", errors.New("in\ntwo lines"))
	if diff := cmp.Diff([]string{"configmaps/a", "namespaces/bar", "services/b"}, outcome.Pending); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("namespaces/bar: in two lines", outcome.Errors[2]); diff != "" {
		t.Error(diff)
	}
}
