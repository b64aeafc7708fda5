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

// oneLine makes text one line of printable characters.
func OneLine(text string) string {
	return strings.Join(strings.Fields(EscapeControls(text)), " ")
}

// say writes to the user. When nobody reads any more (a closed pipe), there is nobody to tell either.
func Fprintf(out io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(out, format, args...)
}

// text lays out what describe prints: "Label:  value" lines whose values line up from one empty line to
// the next, as in Velero's. What it prints comes from the cluster, so nothing of it reaches the terminal
// as anything but printable characters.
type Text struct {
	out    strings.Builder
	layout *tabwriter.Writer
}

func NewText() *Text {
	t := &Text{}
	t.layout = tabwriter.NewWriter(&t.out, 0, 8, 2, ' ', 0)
	return t
}

// String is the text so far.
func (t *Text) String() string {
	_ = t.layout.Flush() // to memory: it cannot fail
	return t.out.String()
}

// gap is an empty line; what follows is aligned by itself.
func (t *Text) EmptyLine() { Fprintf(t.layout, "\n") }

// heading begins a section whose lines are indented.
func (t *Text) Heading(label string) { Fprintf(t.layout, "%s:\n", label) }

// field is a line. Leading spaces of label indent it.
func (t *Text) Field(label, value string) {
	Fprintf(t.layout, "%s:\t%s\n", label, EscapeControls(value))
}

// fields is a field with several values, one below the other.
func (t *Text) multiField(label string, values []string) {
	if len(values) == 0 {
		values = []string{None}
	}
	t.Field(label, values[0])
	for _, value := range values[1:] {
		Fprintf(t.layout, "\t%s\n", EscapeControls(value))
	}
}

// list is a label with its lines below it, indented.
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

// item is a line by itself, indented.
func (t *Text) Line(indent int, line string) {
	Fprintf(t.layout, "%s%s\n", strings.Repeat(" ", indent), EscapeControls(line))
}

// metadata is the head of every description. Kubectl's copy of the whole object is left out.
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

// phase prints the phase, and the message unless it is among the errors already.
func (t *Text) PhaseFields(phase, message string, errors []string) {
	t.Field("Phase", phase)
	if message != "" && phase != v1alpha1.PhaseCompleted && !slices.Contains(errors, message) {
		t.Field("Message", message)
	}
}

// problems ends every description of a run. The counts include the messages that were cut from the lists. There are never
// validation errors, because the API server refuses invalid objects; users of Velero look for the line.
func (t *Text) ProblemFields(warnings []string, warningCount int, errors []string, errorCount int) {
	t.Field("Validation errors", None)
	t.EmptyLine()
	t.ListField("Warnings", AppendMore(warnings, warningCount))
	t.ListField("Errors", AppendMore(errors, errorCount))
}

// appendMore returns lines, with a line at the end that counts the missing ones if there are count in all.
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

// pairs are key=value, sorted.
func JoinPairs(values map[string]string) []string {
	lines := make([]string, 0, len(values))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		lines = append(lines, key+"="+values[key])
	}
	return lines
}

// printable is s without anything that moves a cursor or starts a line.
func EscapeControls(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, printers.EscapeTerminal(s))
}

// joined is a comma-separated list; whenEmpty when there is nothing in it.
func JoinOr(values []string, whenEmpty string) string {
	if len(values) == 0 {
		return whenEmpty
	}
	return strings.Join(values, ", ")
}
