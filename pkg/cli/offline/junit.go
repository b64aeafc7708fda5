package offline

import (
	"encoding/xml"
	"fmt"
	"os"
	"strings"
)

// The elements of JUnit's XML that CI systems read. It has no times: the same results make the same file.
type (
	junitReport struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Suite   string        `xml:"classname,attr"`
		Failure *junitProblem `xml:"failure"`
		Error   *junitProblem `xml:"error"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// newJUnit returns a report in JUnit's form. A suite that cannot be read has one case, with the error: a file without cases would pass.
func newJUnit(r *report) junitReport {
	all := junitReport{Suites: []junitSuite{}}
	for i := range r.Suites {
		s := newJUnitSuite(&r.Suites[i])
		all.Tests, all.Failures, all.Errors = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors
		all.Suites = append(all.Suites, s)
	}
	return all
}

func newJUnitSuite(s *suiteReport) junitSuite {
	suite := junitSuite{Name: s.Name}
	if len(s.Errors) > 0 {
		suite.Errors = 1
		suite.Cases = append(suite.Cases, junitCase{
			Name: "(suite)", Suite: s.Name, Error: &junitProblem{Message: s.Errors[0], Text: strings.Join(s.Errors, "\n")},
		})
	}
	for _, each := range s.Cases {
		written := junitCase{Name: each.Name, Suite: s.Name}
		if each.Result == resultFailed {
			suite.Failures++
			written.Failure = &junitProblem{Message: each.Message, Text: each.Diff}
		}
		suite.Cases = append(suite.Cases, written)
	}
	suite.Tests = len(suite.Cases)
	return suite
}

// writeJUnit writes a report as a JUnit file.
func writeJUnit(path string, r *report) error {
	text, err := xml.MarshalIndent(newJUnit(r), "", "  ")
	if err != nil {
		return fmt.Errorf("printing the JUnit report: %w", err)
	}
	content := []byte(xml.Header + string(text) + "\n")
	if err := os.WriteFile(path, content, 0o644); err != nil { //nolint:gosec // CI systems read it, as other users
		return fmt.Errorf("writing %s: %w", path, unwrapPath(err))
	}
	return nil
}
