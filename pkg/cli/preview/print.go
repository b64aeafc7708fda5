package preview

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
)

// FormatUsage is the usage of -o.
var FormatUsage = "print as `FORMAT`: " + strings.Join(Formats, ", ") + "; yaml and json are the objects that would be written"

// WantsObjects reports whether a format prints the objects themselves.
func WantsObjects(format string) bool { return format != "" && format != flag.FormatTable }

// CheckFormat returns an error unless -o names a format of previews.
func CheckFormat(format string) error {
	if format != "" && !slices.Contains(Formats, format) {
		return fmt.Errorf("-o %s is not a format for what would be restored: use one of %s", format, strings.Join(Formats, ", "))
	}
	return nil
}

// Print prints previews: tables one below the other, or the objects of all of them. Notes on the objects go to the error stream
// if the format has no place for them.
func Print(cmd *cobra.Command, format string, previews []*v1alpha1.BaselinePreview) error {
	out := cmd.OutOrStdout()
	if format == "" || format == flag.FormatTable {
		for i, preview := range previews {
			if i > 0 {
				output.Fprintf(out, "\n\n")
			}
			if err := writePreview(out, preview); err != nil {
				return err
			}
		}
		return nil
	}
	objects, err := previewObjects(previews)
	if err != nil {
		return err
	}
	for _, note := range failureNotes(previews) {
		output.Fprintf(cmd.ErrOrStderr(), "%s\n", note)
	}
	if format == "json" {
		if hasSecretValues(objects) {
			output.Fprintf(cmd.ErrOrStderr(), "%s\n", secretsNote)
		}
		err = printObjectsJSON(out, objects)
	} else {
		err = printObjectsYAML(out, objects)
	}
	return cmp.Or(err, checkComplete(previews))
}

// checkComplete returns an error if objects are missing from the output: a script must not take a part for the whole.
func checkComplete(previews []*v1alpha1.BaselinePreview) error {
	for _, preview := range previews {
		if omitted := preview.Status.ObjectsOmitted; omitted > 0 {
			return fmt.Errorf("namespace %s: %d objects are missing, since a preview has no room for them: leave -o out to see the name and the result of each", preview.Spec.Namespace, omitted)
		}
	}
	return nil
}

// secretsNote is printed with objects that include Secrets.
const secretsNote = "The values of Secrets are left out."

// failureNotes returns the failures, which the objects alone do not show.
func failureNotes(previews []*v1alpha1.BaselinePreview) []string {
	var notes []string
	for _, preview := range previews {
		if failed := preview.Status.Counts.Failed; failed > 0 {
			notes = append(notes, fmt.Sprintf("Namespace %s: %d more would fail; leave -o out to see why.", preview.Spec.Namespace, failed))
		}
	}
	return notes
}

func previewObjects(previews []*v1alpha1.BaselinePreview) ([]unstructured.Unstructured, error) {
	var objects []unstructured.Unstructured
	for _, preview := range previews {
		for _, raw := range preview.Status.Objects {
			object := unstructured.Unstructured{}
			// Whole numbers stay whole; encoding/json would round them beyond 2^53.
			if err := utiljson.Unmarshal(raw.Raw, &object.Object); err != nil {
				return nil, fmt.Errorf("read the preview of namespace %q: %w", preview.Spec.Namespace, err)
			}
			objects = append(objects, object)
		}
	}
	return objects, nil
}

func hasSecretValues(objects []unstructured.Unstructured) bool {
	return slices.ContainsFunc(objects, func(object unstructured.Unstructured) bool {
		_, data := object.Object["data"]
		_, text := object.Object["stringData"]
		return object.GetKind() == "Secret" && object.GetAPIVersion() == "v1" && (data || text)
	})
}

// printObjectsYAML prints one document for each object, which kubectl reads.
func printObjectsYAML(out io.Writer, objects []unstructured.Unstructured) error {
	if hasSecretValues(objects) {
		output.Fprintf(out, "# %s\n", secretsNote)
	}
	for i, object := range objects {
		text, err := yaml.Marshal(object.Object)
		if err != nil {
			return fmt.Errorf("print %s %q: %w", object.GetKind(), object.GetName(), err)
		}
		if i > 0 {
			output.Fprintf(out, "---\n")
		}
		output.Fprintf(out, "%s", text)
	}
	return nil
}

func printObjectsJSON(out io.Writer, objects []unstructured.Unstructured) error {
	items := make([]any, 0, len(objects))
	for _, object := range objects {
		items = append(items, object.Object)
	}
	text, err := json.MarshalIndent(map[string]any{"apiVersion": "v1", "kind": "List", "metadata": map[string]any{}, "items": items}, "", "    ")
	if err != nil {
		return fmt.Errorf("print the objects: %w", err)
	}
	output.Fprintf(out, "%s\n", text)
	return nil
}

// Formats are the values of -o for previews.
var Formats = []string{flag.FormatTable, "yaml", "json"}
