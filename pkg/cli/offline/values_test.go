package offline

import (
	"strings"
	"testing"
)

// The examples of values pass; TestExamplesOfValues compares them with a cluster.
func TestExamplesOfValuesPass(t *testing.T) {
	if out := runTest(t, "../../../examples/values"); !strings.HasSuffix(out, "9 passed, 0 failed\n") {
		t.Error(out)
	}
}
