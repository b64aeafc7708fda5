package cli

import (
	"fmt"
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

// text lays out what describe prints: "Label:  value" lines whose values line up from one empty line to
// the next, as in Velero's. What it prints comes from the cluster, so nothing of it reaches the terminal
// as anything but printable characters.
type text struct {
	out    strings.Builder
	layout *tabwriter.Writer
}

func newText() *text {
	t := &text{}
	t.layout = tabwriter.NewWriter(&t.out, 0, 8, 2, ' ', 0)
	return t
}

// String is the text so far.
func (t *text) String() string {
	_ = t.layout.Flush() // to memory: it cannot fail
	return t.out.String()
}

// gap is an empty line; what follows is aligned by itself.
func (t *text) gap() { say(t.layout, "\n") }

// heading begins a section whose lines are indented.
func (t *text) heading(label string) { say(t.layout, "%s:\n", label) }

// field is a line. Leading spaces of label indent it.
func (t *text) field(label, value string) {
	say(t.layout, "%s:\t%s\n", label, printable(value))
}

// fields is a field with several values, one below the other.
func (t *text) fields(label string, values []string) {
	if len(values) == 0 {
		values = []string{none}
	}
	t.field(label, values[0])
	for _, value := range values[1:] {
		say(t.layout, "\t%s\n", printable(value))
	}
}

// list is a label with its lines below it, indented.
func (t *text) list(label string, lines []string) {
	if len(lines) == 0 {
		t.field(label, none)
		return
	}
	t.heading(label)
	for _, line := range lines {
		t.item(2, line)
	}
}

// item is a line by itself, indented.
func (t *text) item(indent int, line string) {
	say(t.layout, "%s%s\n", strings.Repeat(" ", indent), printable(line))
}

// metadata is the head of every description. Kubectl's copy of the whole object is left out.
func (t *text) metadata(meta *metav1.ObjectMeta, namespaced bool) {
	t.field("Name", meta.Name)
	if namespaced {
		t.field("Namespace", meta.Namespace)
	}
	t.fields("Labels", pairs(meta.Labels))
	annotations := maps.Clone(meta.Annotations)
	delete(annotations, corev1.LastAppliedConfigAnnotation)
	t.fields("Annotations", pairs(annotations))
}

// phase prints the phase, and the message unless it is among the errors already.
func (t *text) phase(phase, message string, errors []string) {
	t.field("Phase", phase)
	if message != "" && phase != v1alpha1.PhaseCompleted && !slices.Contains(errors, message) {
		t.field("Message", message)
	}
}

// problems ends every description of a run. The counts include the messages that were cut from the lists. There are never
// validation errors, because the API server refuses invalid objects; users of Velero look for the line.
func (t *text) problems(warnings []string, warningCount int, errors []string, errorCount int) {
	t.field("Validation errors", none)
	t.gap()
	t.list("Warnings", appendMore(warnings, warningCount))
	t.list("Errors", appendMore(errors, errorCount))
}

// appendMore returns lines, with a line at the end that counts the missing ones if there are count in all.
func appendMore(lines []string, count int) []string {
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
func pairs(values map[string]string) []string {
	lines := make([]string, 0, len(values))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		lines = append(lines, key+"="+values[key])
	}
	return lines
}

// printable is s without anything that moves a cursor or starts a line.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, printers.EscapeTerminal(s))
}

// joined is a comma-separated list; whenEmpty when there is nothing in it.
func joined(values []string, whenEmpty string) string {
	if len(values) == 0 {
		return whenEmpty
	}
	return strings.Join(values, ", ")
}
