package resource

import (
	"testing"
)

func TestNamesAreCompletedOnce(t *testing.T) {
	got := unusedNames([]string{"web", "web-v2", "logging"}, []string{"web"}, "we")
	if len(got) != 1 || got[0] != "web-v2" {
		t.Errorf("completed %v", got)
	}
}
