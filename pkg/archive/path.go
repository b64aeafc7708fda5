package archive

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"unicode"
)

const (
	versionPath       = "metadata/version"
	resourcesDir      = "resources"
	namespacesDir     = "namespaces"
	clusterDir        = "cluster"
	preferredSuffix   = "-preferredversion"
	contentSuffix     = ".json"
	maxPathLength     = 1024
	maxResourceLength = 317
)

// resourcePattern is a plural name with or without a group; versionPattern is an API version's name.
var (
	resourcePattern = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)
	versionPattern  = regexp.MustCompile(`^[a-z]([-a-z0-9]*[a-z0-9])?$`)
)

// location is the identity in an object's path.
type location struct {
	resource, namespace, name string
	// version is the directory between resource and scope. It is empty for the copy without one.
	version string
	// preferred distinguishes the second copy of a 1.1.0 archive from a copy in another version.
	preferred bool
}

// group returns the API group of the location's resource, "" for the core group.
func (l location) group() string {
	_, group, _ := strings.Cut(l.resource, ".")
	return group
}

// path returns the location's path in an archive.
func (l location) path() string {
	parts := make([]string, 0, 6)
	parts = append(parts, resourcesDir, l.resource)
	switch {
	case l.preferred:
		parts = append(parts, l.version+preferredSuffix)
	case l.version != "":
		parts = append(parts, l.version)
	}
	if l.namespace == "" {
		parts = append(parts, clusterDir)
	} else {
		parts = append(parts, namespacesDir, l.namespace)
	}
	return strings.Join(append(parts, l.name+contentSuffix), "/")
}

// validate returns an error if the location has no path of its own. An object's name may contain nearly anything in
// Kubernetes.
func (l location) validate() error {
	switch {
	case len(l.resource) > maxResourceLength || !resourcePattern.MatchString(l.resource):
		return fmt.Errorf("%s is no resource name", quote(l.resource))
	case l.version != "" && !versionPattern.MatchString(l.version):
		return fmt.Errorf("%s is no API version", quote(l.version))
	case !isValidSegment(l.name):
		return fmt.Errorf("%s is no object name", quote(l.name))
	case l.namespace != "" && !isValidSegment(l.namespace):
		return fmt.Errorf("%s is no namespace name", quote(l.namespace))
	case len(l.path()) > maxPathLength:
		return fmt.Errorf("its path is longer than %d bytes", maxPathLength)
	}
	return nil
}

// isValidSegment reports whether s meets the API server's minimum for a name and has no control characters.
func isValidSegment(s string) bool {
	return s != "" && s != "." && s != ".." && !strings.ContainsAny(s, "/%") && !strings.ContainsFunc(s, unicode.IsControl)
}

// cleanPath returns an entry's name without the "./" that tar prepends and the "/" after directories; "" is the root.
// A name that leads anywhere else is an error.
func cleanPath(name string, directory bool) (string, error) {
	if len(name) > maxPathLength {
		return "", fmt.Errorf("its name is longer than %d bytes", maxPathLength)
	}
	if strings.HasPrefix(name, "/") {
		return "", fmt.Errorf("its name is an absolute path")
	}
	if directory {
		name = strings.TrimSuffix(name, "/")
	}
	name = strings.TrimPrefix(name, "./")
	if directory && (name == "." || name == "") {
		return "", nil
	}
	if name == "." || !fs.ValidPath(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return "", fmt.Errorf("its name is no plain relative path")
	}
	return name, nil
}

// parseLocation parses the path of an object. ok is false for files that are not objects: those outside resources/
// and those that do not end in .json. An object's file in a directory that cannot hold objects is an error.
func parseLocation(path string) (l location, ok bool, err error) {
	parts := strings.Split(path, "/")
	if parts[0] != resourcesDir || !strings.HasSuffix(path, contentSuffix) {
		return location{}, false, nil
	}
	if len(parts) < 4 {
		return location{}, false, fmt.Errorf("no object can be at this path")
	}
	l.resource = parts[1]
	rest := parts[2:]
	if rest[0] != namespacesDir && rest[0] != clusterDir {
		l.version, l.preferred = strings.CutSuffix(rest[0], preferredSuffix)
		if l.version == "" {
			return location{}, false, fmt.Errorf("%s names no API version", quote(rest[0]))
		}
		rest = rest[1:]
	}
	switch {
	case len(rest) == 2 && rest[0] == clusterDir:
		l.name = rest[1]
	case len(rest) == 3 && rest[0] == namespacesDir:
		l.namespace, l.name = rest[1], rest[2]
	default:
		return location{}, false, fmt.Errorf("no object can be at this path")
	}
	l.name = strings.TrimSuffix(l.name, contentSuffix)
	return l, true, l.validate()
}

// quote returns an untrusted name in a form that is safe in an error message.
func quote(name string) string {
	const limit = 200
	if len(name) > limit {
		name = name[:limit] + "..."
	}
	return fmt.Sprintf("%q", name)
}
