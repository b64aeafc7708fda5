package offline

import (
	"fmt"
	"io"
	"strings"

	"k8s.io/cli-runtime/pkg/printers"

	"seedbed.dev/seedbed/pkg/cli/output"
)

// result is the end of a case.
type result string

// Values of result.
const (
	resultPassed  result = "passed"
	resultFailed  result = "failed"
	resultUpdated result = "updated"
)

// report is the result of the command, as -o json prints it.
type report struct {
	Passed  int `json:"passed"`
	Failed  int `json:"failed"`
	Updated int `json:"updated"`
	// Errors counts the suites that cannot be read.
	Errors int           `json:"errors"`
	Suites []suiteReport `json:"suites"`
}

// suiteReport is the result of a suite.
type suiteReport struct {
	Name string `json:"name"`
	// Errors are the reasons for which the suite cannot be read.
	Errors []string     `json:"errors,omitempty"`
	Cases  []caseReport `json:"cases"`
}

// caseReport is the result of a case.
type caseReport struct {
	Name    string `json:"name"`
	Result  result `json:"result"`
	Message string `json:"message,omitempty"`
	// Diff is the unified diff of the golden file.
	Diff string `json:"diff,omitempty"`
}

// setError records the reasons for which a suite cannot be read.
func (s *suiteReport) setError(err error) {
	if joined, isJoined := err.(interface{ Unwrap() []error }); isJoined {
		for _, each := range joined.Unwrap() {
			s.setError(each)
		}
		return
	}
	s.Errors = append(s.Errors, err.Error())
}

// add adds the result of a suite.
func (r *report) add(s suiteReport) {
	r.Suites = append(r.Suites, s)
	if len(s.Errors) > 0 {
		r.Errors++
	}
	for i := range s.Cases {
		switch s.Cases[i].Result {
		case resultPassed:
			r.Passed++
		case resultUpdated:
			r.Updated++
		default:
			r.Failed++
		}
	}
}

// isFailed reports whether a case failed or a suite could not be read.
func (r *report) isFailed() bool { return r.Failed+r.Errors > 0 }

// writeText prints a line for each case, followed by the diff of one that failed, and the counts.
func (r *report) writeText(out io.Writer) {
	for i := range r.Suites {
		s := &r.Suites[i]
		for _, err := range s.Errors {
			output.Fprintf(out, "ERROR %s: %s\n", output.OneLine(s.Name), output.OneLine(err))
		}
		for j := range s.Cases {
			s.Cases[j].writeText(out, s.Name)
		}
	}
	output.Fprintf(out, "%s\n", r.summary())
}

func (c *caseReport) writeText(out io.Writer, suite string) {
	mark := map[result]string{resultPassed: "ok   ", resultUpdated: "wrote"}[c.Result]
	if c.Result == resultFailed {
		mark = "FAIL "
	}
	output.Fprintf(out, "%s %s/%s", mark, output.OneLine(suite), output.OneLine(c.Name))
	if c.Result == resultFailed {
		output.Fprintf(out, ": %s", output.OneLine(c.Message))
	}
	output.Fprintf(out, "\n%s", printers.EscapeTerminal(c.Diff))
}

// summary returns the counts in a line.
func (r *report) summary() string {
	parts := []string{fmt.Sprintf("%d passed", r.Passed)}
	if r.Updated > 0 {
		parts = append(parts, fmt.Sprintf("%d updated", r.Updated))
	}
	parts = append(parts, fmt.Sprintf("%d failed", r.Failed))
	switch {
	case r.Errors == 1:
		parts = append(parts, "1 suite cannot be read")
	case r.Errors > 1:
		parts = append(parts, fmt.Sprintf("%d suites cannot be read", r.Errors))
	}
	return strings.Join(parts, ", ")
}
