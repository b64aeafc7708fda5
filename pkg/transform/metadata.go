package transform

import "strings"

// labelNamespaceName is set by the API server on every namespace, to its name.
const labelNamespaceName = "kubernetes.io/metadata.name"

// SelectMetadata returns the labels or annotations of the source namespace that a target copies: those whose key matches one of
// the patterns, in which "*" matches any characters, none included. Seedbed's own keys, the name of the namespace and the manifest
// that kubectl last applied are never among them. The mark of a manager is returned only for a pattern that spells out its domain:
// "*" must not make Argo CD or Helm take the target for theirs. The result is nil when no key matches.
func SelectMetadata(keys map[string]string, patterns []string) map[string]string {
	var picked map[string]string
	for key, value := range keys {
		if key == labelNamespaceName || key == annotationLastApplied || isOwnKey(key) {
			continue
		}
		mark := isManagerMark(key, value)
		for _, pattern := range patterns {
			if mark && !namesDomain(pattern) || !matches(pattern, key) {
				continue
			}
			if picked == nil {
				picked = map[string]string{}
			}
			picked[key] = value
			break
		}
	}
	return picked
}

// namesDomain says whether the part of a pattern before the slash is spelt out.
func namesDomain(pattern string) bool {
	domain, _, found := strings.Cut(pattern, "/")
	return found && !strings.Contains(domain, "*")
}

// matches compares with the leftmost place for each part, which is enough where "*" is the only wildcard,
// and needs no backtracking.
func matches(pattern, key string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == key
	}
	rest, found := strings.CutPrefix(key, parts[0])
	if !found {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}
