package output

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/printers"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// OneLine returns text as one line of printable characters.
func OneLine(text string) string {
	return strings.Join(strings.Fields(EscapeControls(text)), " ")
}

// Fprintf prints to the user. It ignores errors: a closed pipe has no reader to report them to.
func Fprintf(out io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(out, format, args...)
}

// Text lays out a description: lines "Label:  value" whose values line up from one empty line to the next, as in Velero's.
// Values come from the cluster, so only their printable characters reach the terminal.
type Text struct {
	out    strings.Builder
	layout *tabwriter.Writer
}

// NewText returns an empty Text.
func NewText() *Text {
	t := &Text{}
	t.layout = tabwriter.NewWriter(&t.out, 0, 8, 2, ' ', 0)
	return t
}

// String returns the text so far.
func (t *Text) String() string {
	_ = t.layout.Flush() // to memory: it cannot fail
	return t.out.String()
}

// EmptyLine ends a block of aligned values.
func (t *Text) EmptyLine() { Fprintf(t.layout, "\n") }

// Heading begins a section whose lines are indented.
func (t *Text) Heading(label string) { Fprintf(t.layout, "%s:\n", label) }

// Field adds a line. Leading spaces of label indent it.
func (t *Text) Field(label, value string) {
	Fprintf(t.layout, "%s:\t%s\n", label, EscapeControls(value))
}

// multiField adds a field with several values, one below the other.
func (t *Text) multiField(label string, values []string) {
	if len(values) == 0 {
		values = []string{None}
	}
	t.Field(label, values[0])
	for _, value := range values[1:] {
		Fprintf(t.layout, "\t%s\n", EscapeControls(value))
	}
}

// ListField adds a label with indented lines below it.
func (t *Text) ListField(label string, lines []string) {
	if len(lines) == 0 {
		t.Field(label, None)
		return
	}
	t.Heading(label)
	for _, line := range lines {
		t.Line(2, line)
	}
}

// Line adds an indented line.
func (t *Text) Line(indent int, line string) {
	Fprintf(t.layout, "%s%s\n", strings.Repeat(" ", indent), EscapeControls(line))
}

// MetadataFields adds the first fields of every description. It leaves kubectl's copy of the whole object out.
func (t *Text) MetadataFields(meta *metav1.ObjectMeta, namespaced bool) {
	t.Field("Name", meta.Name)
	if namespaced {
		t.Field("Namespace", meta.Namespace)
	}
	t.multiField("Labels", JoinPairs(meta.Labels))
	annotations := maps.Clone(meta.Annotations)
	delete(annotations, corev1.LastAppliedConfigAnnotation)
	t.multiField("Annotations", JoinPairs(annotations))
}

// PhaseFields adds the phase, and the message unless the errors contain it.
func (t *Text) PhaseFields(phase, message string, errors []string) {
	t.Field("Phase", phase)
	if message != "" && phase != v1alpha1.PhaseCompleted && !slices.Contains(errors, message) {
		t.Field("Message", message)
	}
}

// ProblemFields adds the last fields of every description of a run. The counts include the messages that were cut from the
// lists. There are never validation errors, because the API server refuses invalid objects; users of Velero look for the line.
func (t *Text) ProblemFields(warnings []string, warningCount int, errors []string, errorCount int) {
	t.Field("Validation errors", None)
	t.EmptyLine()
	t.ListField("Warnings", AppendMore(warnings, warningCount))
	t.ListField("Errors", AppendMore(errors, errorCount))
}

// AppendMore returns lines and, if they are fewer than count, a line with the number of missing ones.
func AppendMore(lines []string, count int) []string {
	more := count - len(lines)
	if more <= 0 {
		return lines
	}
	if len(lines) == 0 {
		return []string{fmt.Sprintf("%d, too many to list", count)}
	}
	return append(slices.Clone(lines), fmt.Sprintf("and %d more", more))
}

// JoinPairs returns lines key=value, sorted.
func JoinPairs(values map[string]string) []string {
	lines := make([]string, 0, len(values))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		lines = append(lines, key+"="+values[key])
	}
	return lines
}

// EscapeControls returns s without characters that move a cursor or start a line.
func EscapeControls(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, printers.EscapeTerminal(s))
}

// JoinOr returns a comma-separated list, or whenEmpty for no values.
func JoinOr(values []string, whenEmpty string) string {
	if len(values) == 0 {
		return whenEmpty
	}
	return strings.Join(values, ", ")
}

// CountNamespaces returns count with its noun.
func CountNamespaces(count int) string {
	if count == 1 {
		return "1 namespace"
	}
	return fmt.Sprintf("%d namespaces", count)
}
