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

// printed returns the output and the error output of previews.
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
	for _, name := range []string{"missing-namespace", "existing-namespace", "hostile", "empty", "truncated", "update", "update-of-nothing"} {
		t.Run(name, func(t *testing.T) {
			out, errOut := printed(t, "", previewed(t, name))
			check.Golden(t, out, name, "table.txt")
			if errOut != "" {
				t.Errorf("notes %q, want none", errOut)
			}
			if strings.ContainsAny(out, "\x1b\t") {
				t.Error("control characters reach the terminal")
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
		notes  string
	}{
		"missing-namespace/objects.yaml.txt":  {format: "yaml", notes: failed},
		"missing-namespace/objects.json.txt":  {format: "json", notes: failed + leftOut},
		"existing-namespace/objects.yaml.txt": {format: "yaml", notes: ""},
		"existing-namespace/objects.json.txt": {format: "json", notes: ""},
		"empty/objects.yaml.txt":              {format: "yaml", notes: ""},
		"empty/objects.json.txt":              {format: "json", notes: ""},
	} {
		t.Run(name, func(t *testing.T) {
			folder, file, _ := strings.Cut(name, "/")
			out, errOut := printed(t, test.format, previewed(t, folder))
			check.Golden(t, out, folder, file)
			if errOut != test.notes {
				t.Errorf("notes %q, want %q", errOut, test.notes)
			}
		})
	}
}

// A script must not take a part of the objects for all of them.
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
