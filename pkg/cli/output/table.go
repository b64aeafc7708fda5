package output

import (
	"cmp"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// None is printed for an absent value, as in Velero's output.
const None = "<none>"

// timestampFormat is Velero's format of a time.
const timestampFormat = "2006-01-02 15:04:05 -0700 MST"

// NewColumns returns columns of those names. Priority 1 is for the columns that only "-o wide" shows, 0 for all others.
func NewColumns(priority int32, names ...string) []metav1.TableColumnDefinition {
	columns := make([]metav1.TableColumnDefinition, len(names))
	for i, name := range names {
		columns[i] = metav1.TableColumnDefinition{Name: name, Type: "string", Priority: priority}
	}
	return columns
}

// FormatTime returns a time in Velero's format.
func FormatTime(t *metav1.Time) string {
	if t.IsZero() {
		return None
	}
	return t.Format(timestampFormat)
}

// OrNone returns text, or None if it is empty.
func OrNone(text string) string {
	return cmp.Or(text, None)
}

// FormatSelector returns a label selector as users type it.
func FormatSelector(selector *metav1.LabelSelector) string {
	if selector == nil {
		return None
	}
	return metav1.FormatLabelSelector(selector)
}

// FormatSize returns a number of bytes in the unit that makes it short.
func FormatSize(bytes int64) string {
	if bytes == 0 {
		return None
	}
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	value, unit := float64(bytes), 0
	for value >= 1024 && unit < len(units)-1 {
		value /= 1024
		unit++
	}
	if unit == 0 {
		return fmt.Sprintf("%d B", bytes)
	}
	return fmt.Sprintf("%.1f %s", value, units[unit])
}
