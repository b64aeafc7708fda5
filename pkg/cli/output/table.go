package output

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// None is printed for an absent value, as in Velero's output.
const None = "<none>"

// timestampFormat is Velero's format of a time.
const timestampFormat = "2006-01-02 15:04:05 -0700 MST"

// NewColumn returns a column of every table, and NewWideColumn one of -o wide alone.
func NewColumn(name string) metav1.TableColumnDefinition {
	return metav1.TableColumnDefinition{Name: name, Type: "string"}
}

// NewWideColumn returns a column that only "-o wide" shows.
func NewWideColumn(name string) metav1.TableColumnDefinition {
	return metav1.TableColumnDefinition{Name: name, Type: "string", Priority: 1}
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
	if text == "" {
		return None
	}
	return text
}

// FormatSelector returns a label selector as users type it.
func FormatSelector(selector *metav1.LabelSelector) string {
	if selector == nil {
		return None
	}
	return metav1.FormatLabelSelector(selector)
}
