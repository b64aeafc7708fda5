package output

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// none stands for what is not there, as in Velero's output.
const None = "<none>"

// timestampFormat is how Velero prints a time.
const timestampFormat = "2006-01-02 15:04:05 -0700 MST"

// column is a column of every table; wideColumn one of -o wide alone.
func NewColumn(name string) metav1.TableColumnDefinition {
	return metav1.TableColumnDefinition{Name: name, Type: "string"}
}

func NewWideColumn(name string) metav1.TableColumnDefinition {
	return metav1.TableColumnDefinition{Name: name, Type: "string", Priority: 1}
}

// timestamp is t as users of Velero know it.
func FormatTime(t *metav1.Time) string {
	if t.IsZero() {
		return None
	}
	return t.Format(timestampFormat)
}

// orNone is text, or what stands for nothing.
func OrNone(text string) string {
	if text == "" {
		return None
	}
	return text
}

// selectorText is a label selector as it is typed.
func FormatSelector(selector *metav1.LabelSelector) string {
	if selector == nil {
		return None
	}
	return metav1.FormatLabelSelector(selector)
}
