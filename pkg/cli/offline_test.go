package cli

import (
	"strings"
	"testing"
)

// Baselines are tested without a cluster: the kubeconfig that is named does not exist.
func TestBaselinesAreTestedWithoutCluster(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"passes":     {args: []string{"../../examples/test"}, code: 0, want: "3 passed, 0 failed\n"},
		"fails":      {args: []string{"offline/testdata/suites/fails"}, code: 1, want: "0 passed, 7 failed\n"},
		"unreadable": {args: []string{"offline/testdata/suites/damaged"}, code: 1, want: "1 suite cannot be read\n"},
		"usage":      {args: []string{"nowhere"}, code: 2, want: "error: reading nowhere: no such file or directory\n"},
	} {
		t.Run(name, func(t *testing.T) {
			out, errOut, code := runTool(t, append([]string{"test", "--kubeconfig", "nowhere"}, test.args...)...)
			if code != test.code || !strings.HasSuffix(out+errOut, test.want) {
				t.Errorf("exit code %d, want %d; printed %q, want %q at the end", code, test.code, out+errOut, test.want)
			}
		})
	}
}
