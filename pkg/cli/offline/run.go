package offline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// runner runs the cases of suites.
type runner struct {
	table resourceTable
	// only selects cases by "suite/case"; nil selects all.
	only   *regexp.Regexp
	update bool
}

// runSuites returns the results of all suites below a directory.
func (r *runner) runSuites(ctx context.Context, dir string) (*report, error) {
	dirs, err := findSuites(dir)
	if err != nil {
		return nil, err
	}
	all := &report{Suites: []suiteReport{}}
	for _, path := range dirs {
		if done, matches := r.runSuite(ctx, suiteName(dir, path), path); matches {
			all.add(done)
		}
	}
	if len(all.Suites) == 0 {
		return nil, fmt.Errorf("--run %s matches none of the cases in %s: they are matched as SUITE/CASE", r.only, dir)
	}
	return all, nil
}

// runSuite returns the results of a suite, and whether --run selects any of it. A suite that cannot be read has no cases.
func (r *runner) runSuite(ctx context.Context, name, dir string) (suiteReport, bool) {
	done := suiteReport{Name: name, Cases: []caseReport{}}
	names, err := findCases(dir)
	if err == nil && len(names) == 0 && r.only == nil {
		err = fmt.Errorf("%s has no case: a case is a directory %s with %s", dir, filepath.Join(dir, caseDir, "NAME"), namespaceFile)
	}
	if err != nil {
		done.setError(err)
		return done, true
	}
	selected := make([]string, 0, len(names))
	for _, each := range names {
		if r.only == nil || r.only.MatchString(name+"/"+each) {
			selected = append(selected, each)
		}
	}
	if len(selected) == 0 {
		return done, false
	}
	loaded, err := loadSuite(dir, r.table)
	if err != nil {
		done.setError(err)
		return done, true
	}
	for _, each := range selected {
		done.Cases = append(done.Cases, r.runCase(ctx, loaded, each, filepath.Join(dir, caseDir, each)))
	}
	return done, true
}

// runCase returns the result of a case.
func (r *runner) runCase(ctx context.Context, loaded *suite, name, dir string) caseReport {
	got, err := renderCase(ctx, loaded, dir)
	if err != nil {
		return caseReport{Name: name, Result: resultFailed, Message: err.Error()}
	}
	path := filepath.Join(dir, expectedFile)
	want, err := os.ReadFile(path) //nolint:gosec // a file below the directory that the user names
	missing := os.IsNotExist(err)
	wanted := strings.ReplaceAll(string(want), "\r\n", "\n") // as git may check it out
	switch {
	case err != nil && !missing:
		return caseReport{Name: name, Result: resultFailed, Message: fmt.Sprintf("reading %s: %v", path, unwrapPath(err))}
	case !missing && wanted == got:
		return caseReport{Name: name, Result: resultPassed}
	case r.update:
		return updateCase(name, path, got)
	case missing:
		return caseReport{Name: name, Result: resultFailed, Message: path + " is missing: run with --update to write it, and review it"}
	default:
		return caseReport{Name: name, Result: resultFailed, Message: "differs from " + path, Diff: diffGolden(path, wanted, got)}
	}
}

// renderCase returns the golden file of a case as it should be.
func renderCase(ctx context.Context, loaded *suite, dir string) (string, error) {
	namespace, err := readNamespace(dir)
	if err != nil {
		return "", err
	}
	populated, err := loaded.populate(ctx, namespace)
	if err != nil {
		return "", err
	}
	return populated.render()
}

// updateCase writes the golden file of a case.
func updateCase(name, path, content string) caseReport {
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil { //nolint:gosec // a file of a repository, which others read
		return caseReport{Name: name, Result: resultFailed, Message: fmt.Sprintf("writing %s: %v", path, unwrapPath(err))}
	}
	return caseReport{Name: name, Result: resultUpdated, Message: "wrote " + path}
}
