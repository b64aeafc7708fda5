package transform

import "strings"

const (
	typeServiceAccountToken = "kubernetes.io/service-account-token"
	typeBootstrapToken      = "bootstrap.kubernetes.io/token"
	typeHelmRelease         = "helm.sh/release.v1"
)

// skipSecret skips tokens, which belong to one ServiceAccount or one joining node, and Helm release records, which
// would make Helm manage the copy as the source's. Users may miss such a Secret, so the skip is not quiet.
func skipSecret(c *cleaner) (string, bool) {
	if c.gk != secretKind {
		return "", false
	}
	switch stringAt(c.root, "type") {
	case typeServiceAccountToken:
		return "a ServiceAccount token is valid only in its own namespace", false
	case typeBootstrapToken:
		return "a bootstrap token joins nodes to the cluster and is never copied", false
	case typeHelmRelease:
		return "a Helm release record of the source would make Helm manage the copy", false
	}
	return "", false
}

// skipHelmRelease skips the ConfigMaps that Helm can be configured to keep its release records in.
func skipHelmRelease(c *cleaner) (string, bool) {
	if c.gk != configMapKind || stringAt(labelsOf(c.root), "owner") != "helm" {
		return "", false
	}
	if strings.HasPrefix(stringAt(c.meta, "name"), "sh.helm.release.v1.") {
		return "a Helm release record of the source would make Helm manage the copy", false
	}
	return "", false
}
