package offline

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"seedbed.dev/seedbed/pkg/cli/output"
)

// backupDir is the directory of a suite's backups.
const backupDir = "backups"

// archiveSuffixes are those of archives, as Seedbed and Velero store them.
var archiveSuffixes = []string{".tar.gz", ".tgz"}

// manifestSuffixes are those of files of manifests.
var manifestSuffixes = []string{".yaml", ".yml", ".json"}

// backups are the paths of a suite's backups by name: an archive, a file of manifests, or a directory of them.
type backups map[string]string

// findBackups returns the backups of a suite.
func findBackups(dir string) (backups, error) {
	entries, err := os.ReadDir(filepath.Join(dir, backupDir))
	if err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("reading %s: %w", filepath.Join(dir, backupDir), unwrapPath(err))
	}
	found := backups{}
	for _, entry := range entries {
		path := filepath.Join(dir, backupDir, entry.Name())
		name, isBackup := backupName(path)
		if !isBackup {
			continue
		}
		if other, twice := found[name]; twice {
			return nil, fmt.Errorf("backup %q is there twice, as %s and as %s: remove or rename one", name, other, path)
		}
		found[name] = path
	}
	return found, nil
}

// backupName returns the name of the backup at a path. Other files, such as a README, are no backups.
func backupName(path string) (string, bool) {
	base := filepath.Base(path)
	switch {
	case strings.HasPrefix(base, "."):
		return "", false
	case isDirectory(path):
		return base, true
	}
	for _, suffix := range slices.Concat(archiveSuffixes, manifestSuffixes) {
		if name, found := strings.CutSuffix(base, suffix); found {
			return name, true
		}
	}
	return "", false
}

// checkName returns an error if there is no backup of that name.
func (b backups) checkName(name string) error {
	if _, found := b[name]; !found {
		return fmt.Errorf("there is no backup %q in %s/: %s", name, backupDir, output.Suggest(name, slices.Collect(maps.Keys(b))))
	}
	return nil
}

// read returns the content of a backup as an archive.
func (b backups) read(name string, table resourceTable) ([]byte, error) {
	path := b[name]
	if isDirectory(path) {
		documents, err := readDirectory(path)
		if err != nil {
			return nil, err
		}
		return archiveManifests(path, documents, table)
	}
	if isManifest(path) {
		documents, err := readDocuments(path)
		if err != nil {
			return nil, err
		}
		return archiveManifests(path, documents, table)
	}
	content, err := os.ReadFile(path) //nolint:gosec // a file that the user names
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, unwrapPath(err))
	}
	return content, nil
}
