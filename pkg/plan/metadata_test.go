package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMissingEntriesLetTheTargetWinUnlessRequired(t *testing.T) {
	have := map[string]string{"a": "mine", "same": "s"}
	wanted := map[string]string{"a": "theirs", "b": "new", "same": "s"}
	if diff := cmp.Diff(map[string]string{"b": "new"}, missingEntries(have, wanted, false)); diff != "" {
		t.Errorf("optional: %s", diff)
	}
	if diff := cmp.Diff(map[string]string{"a": "theirs", "b": "new"}, missingEntries(have, wanted, true)); diff != "" {
		t.Errorf("required: %s", diff)
	}
}
