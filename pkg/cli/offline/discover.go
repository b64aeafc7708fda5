package offline

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// findSuites returns the directories at and below dir that have Baselines, sorted.
func findSuites(dir string) ([]string, error) {
	if info, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("reading %s: %w", dir, unwrapPath(err))
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is a file: name the directory of a suite, or one above it", dir)
	}
	var suites []string
	// With a separator at its end, a link is followed.
	root := filepath.Clean(dir) + string(filepath.Separator)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		path = filepath.Clean(path)
		switch {
		case err != nil:
			return fmt.Errorf("reading %s: %w", path, unwrapPath(err))
		case !entry.IsDir():
			return nil
		case path != filepath.Clean(dir) && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case isSuitePart(path):
			return fs.SkipDir
		case isSuite(path):
			suites = append(suites, path)
		}
		return nil
	})
	if err == nil && len(suites) == 0 {
		err = fmt.Errorf("%s has no suite: a suite is a directory with %s (or %s/), %s/ and %s/", dir, baselineFiles[0], baselineDir, backupDir, caseDir)
	}
	return suites, err
}

// isSuite reports whether a directory has Baselines.
func isSuite(dir string) bool {
	for _, name := range baselineFiles {
		if isFile(filepath.Join(dir, name)) {
			return true
		}
	}
	return isDirectory(filepath.Join(dir, baselineDir))
}

// isSuitePart reports whether a directory is one of those that a suite is made of, which has no suites below it.
func isSuitePart(dir string) bool {
	switch filepath.Base(dir) {
	case baselineDir, backupDir, caseDir:
		return isSuite(filepath.Dir(dir))
	default:
		return false
	}
}

// suiteName returns the name of a suite for people: its path below dir, or the name of dir itself.
func suiteName(dir, path string) string {
	name, err := filepath.Rel(dir, path)
	if err == nil && name != "." {
		return filepath.ToSlash(name)
	}
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	return filepath.Base(path)
}
