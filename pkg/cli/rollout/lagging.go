package rollout

import (
	"fmt"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// maxNamed bounds the namespaces that are named.
const maxNamed = 20

// namespaceLines returns a line for each record that reasons returns any for, at most maxNamed.
func namespaceLines(records []*v1alpha1.BaselineRecord, reasons func(*v1alpha1.BaselineRecord) []string) []string {
	var lines []string
	more := 0
	for _, record := range records {
		found := reasons(record)
		switch {
		case len(found) == 0:
		case len(lines) == maxNamed:
			more++
		default:
			lines = append(lines, record.Namespace+": "+resource.JoinReasons(found))
		}
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return lines
}
