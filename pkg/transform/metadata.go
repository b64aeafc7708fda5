package transform

import "strings"

// labelNamespaceName holds the namespace's name. The API server sets it on every namespace.
const labelNamespaceName = "kubernetes.io/metadata.name"

// SelectMetadata returns the labels or annotations of the source namespace that a target copies: those whose key
// matches one of the patterns, in which "*" matches any number of characters. It never returns Seedbed's own keys,
// the name of the namespace or the manifest that kubectl last applied. It returns a manager's mark only for a pattern
// with a literal domain: "*" must not make Argo CD or Helm take the target for theirs. The result is nil if no key
// matches.
func SelectMetadata(keys map[string]string, patterns []string) map[string]string {
	var picked map[string]string
	for key, value := range keys {
		if key == labelNamespaceName || key == annotationLastApplied || isOwnKey(key) {
			continue
		}
		mark := isManagerMark(key, value)
		for _, pattern := range patterns {
			if mark && !hasLiteralDomain(pattern) || !matchesPattern(pattern, key) {
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

// hasLiteralDomain reports whether the part of a pattern before the slash has no wildcard.
func hasLiteralDomain(pattern string) bool {
	domain, _, found := strings.Cut(pattern, "/")
	return found && !strings.Contains(domain, "*")
}

// matchesPattern takes the leftmost match of each part. That suffices because "*" is the only wildcard, and it needs
// no backtracking.
func matchesPattern(pattern, key string) bool {
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
