package preview

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/check"
)

func previewed(t *testing.T, name string) *v1alpha1.BaselinePreview {
	t.Helper()
	preview := &v1alpha1.BaselinePreview{}
	if !check.ReadYAML(t, preview, name, "object.yaml") {
		t.Fatalf("%s has no object.yaml", name)
	}
	return preview
}

// printed is what both streams get of previews.
func printed(t *testing.T, format string, previews ...*v1alpha1.BaselinePreview) (out, errOut string) {
	t.Helper()
	cmd := &cobra.Command{}
	var outBuffer, errBuffer bytes.Buffer
	cmd.SetOut(&outBuffer)
	cmd.SetErr(&errBuffer)
	if err := Print(cmd, format, previews); err != nil {
		t.Fatal(err)
	}
	return outBuffer.String(), errBuffer.String()
}

func TestPreviewTable(t *testing.T) {
	for _, name := range []string{"missing-namespace", "existing-namespace", "hostile", "empty", "truncated"} {
		t.Run(name, func(t *testing.T) {
			out, errOut := printed(t, "", previewed(t, name))
			check.Golden(t, out, name, "table.txt")
			if errOut != "" {
				t.Errorf("it says %q besides", errOut)
			}
			if strings.ContainsAny(out, "\x1b\t") {
				t.Error("a terminal is told what to do")
			}
		})
	}
	t.Run("two", func(t *testing.T) {
		out, _ := printed(t, "table", previewed(t, "missing-namespace"), previewed(t, "existing-namespace"))
		check.Golden(t, out, "two.txt")
	})
}

func TestPreviewObjects(t *testing.T) {
	const leftOut, failed = "The values of Secrets are left out.\n", "Namespace bar: 1 more would fail; leave -o out to see why.\n"
	for name, test := range map[string]struct {
		format string
		said   string
	}{
		"missing-namespace/objects.yaml.txt":  {"yaml", failed},
		"missing-namespace/objects.json.txt":  {"json", failed + leftOut},
		"existing-namespace/objects.yaml.txt": {"yaml", ""},
		"existing-namespace/objects.json.txt": {"json", ""},
		"empty/objects.yaml.txt":              {"yaml", ""},
		"empty/objects.json.txt":              {"json", ""},
	} {
		t.Run(name, func(t *testing.T) {
			folder, file, _ := strings.Cut(name, "/")
			out, errOut := printed(t, test.format, previewed(t, folder))
			check.Golden(t, out, folder, file)
			if errOut != test.said {
				t.Errorf("it says %q, want %q", errOut, test.said)
			}
		})
	}
}

// A script that reads the objects must not take a part for the whole.
func TestPreviewObjectsThatAreMissingAreAnError(t *testing.T) {
	cmd := &cobra.Command{}
	var out, errOut bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&errOut)
	err := Print(cmd, "yaml", []*v1alpha1.BaselinePreview{previewed(t, "truncated")})
	check.Error(t, err, "namespace bar: 8998 objects are missing, since a preview has no room for them: leave -o out to see the name and the result of each")
	if !strings.Contains(out.String(), "kind: ConfigMap") {
		t.Errorf("the others are not printed: %s", out.String())
	}
}
