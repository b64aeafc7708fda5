package offline

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/policy"
)

// caseDir is the directory of a suite's cases.
const caseDir = "cases"

// suite is a directory of Baselines, ready for its cases.
type suite struct {
	decider   *policy.Set
	baselines map[string]*v1alpha1.Baseline
	plans     map[string]*plan.Plan // by Baseline
}

// loadSuite reads a suite without its cases. It compiles the plan of each Baseline. All errors of the suite are joined.
func loadSuite(dir string, table resourceTable) (*suite, error) {
	sources, err := readBaselines(dir)
	if err != nil {
		return nil, err
	}
	stored, err := findBackups(dir)
	if err != nil {
		return nil, err
	}
	contents, err := readContents(sources, stored, table)
	if err != nil {
		return nil, err
	}
	loaded := &suite{baselines: map[string]*v1alpha1.Baseline{}, plans: map[string]*plan.Plan{}}
	var baselines []v1alpha1.Baseline
	var problems []error
	for i := range sources {
		baseline := &sources[i].baseline
		compiled, err := compileBaseline(baseline, contents[baseline.Spec.Backup])
		if err != nil {
			problems = append(problems, sources[i].errorf("Baseline %q: %s: %w", baseline.Name, stored[baseline.Spec.Backup], err))
			continue
		}
		baselines = append(baselines, *baseline)
		loaded.baselines[baseline.Name], loaded.plans[baseline.Name] = baseline, compiled
	}
	loaded.decider = policy.Compile(baselines)
	return loaded, errors.Join(problems...)
}

// readContents returns the archives of the backups that Baselines name.
func readContents(sources []source, stored backups, table resourceTable) (map[string][]byte, error) {
	contents := map[string][]byte{}
	var problems []error
	for i := range sources {
		baseline := &sources[i].baseline
		name := baseline.Spec.Backup
		if _, isRead := contents[name]; isRead {
			continue
		}
		if err := stored.checkName(name); err != nil {
			problems = append(problems, sources[i].errorf("Baseline %q: %w", baseline.Name, err))
			continue
		}
		content, err := stored.read(name, table)
		if err != nil {
			problems = append(problems, err)
		}
		contents[name] = content
	}
	return contents, errors.Join(problems...)
}

// compileBaseline returns the plan of a Baseline. It has no digest: no object shows it.
func compileBaseline(baseline *v1alpha1.Baseline, content []byte) (*plan.Plan, error) {
	compiled, err := plan.Compiler{}.Compile(content, plan.NewSpec(baseline, baseline.Spec.Backup, ""))
	if errors.Is(err, plan.ErrSourceNamespace) {
		return nil, fmt.Errorf("%w (spec.sourceNamespace)", err)
	}
	return compiled, err
}

// findCases returns the names of a suite's cases.
func findCases(dir string) (names []string, err error) {
	entries, err := os.ReadDir(filepath.Join(dir, caseDir))
	if err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("reading %s: %w", filepath.Join(dir, caseDir), unwrapPath(err))
	}
	for _, entry := range entries {
		if entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}
