package transform

import "strings"

const labelManagedBy = "app.kubernetes.io/managed-by"

// managerDomains are the domains, subdomains included, of the keys by which managers recognise their objects. A
// manager would take a copy that keeps them for its own and delete it (Argo CD), refuse it (Helm), change it back to
// the source (Flux, HNC, the replicators) or back it up by another's rules.
var managerDomains = []string{
	"meta.helm.sh",
	"argocd.argoproj.io",
	"toolkit.fluxcd.io",
	"velero.io",
	"kyverno.io",
	"hnc.x-k8s.io",
	"replicator.v1.mittwald.de",
	"reflector.v1.k8s.emberstack.com",
}

// managedByValues are the values of app.kubernetes.io/managed-by that a manager acts on. Others only inform and stay.
var managedByValues = map[string]bool{"Helm": true, "kyverno": true, "hnc.x-k8s.io": true}

const annotationLastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// isManagerMark reports whether a manager of the source recognises its objects by that label or annotation.
func isManagerMark(key string, value any) bool {
	switch key {
	case annotationLastApplied:
		return true
	case labelManagedBy:
		text, _ := value.(string)
		return managedByValues[text]
	}
	domain, _, found := strings.Cut(key, "/")
	if !found {
		return false
	}
	for _, manager := range managerDomains {
		if domainWithin(domain, manager) {
			return true
		}
	}
	return false
}

// domainWithin reports whether domain is parent or one of its subdomains.
func domainWithin(domain, parent string) bool {
	rest, found := strings.CutSuffix(domain, parent)
	return found && (rest == "" || strings.HasSuffix(rest, "."))
}

// cleanManagerMarks removes managers' marks from the object itself. Those in a Pod template stay: managers look at
// the objects they applied, and a selector may need a template's labels.
func cleanManagerMarks(c *cleaner) {
	c.removeMarks(isManagerMark)
}

// cleanOwnMarks removes the marks of an earlier restore, so that the copy of a copy equals a copy.
func cleanOwnMarks(c *cleaner) {
	c.removeMarks(func(key string, _ any) bool { return isOwnKey(key) })
}

// isOwnKey reports whether a label or annotation is Seedbed's.
func isOwnKey(key string) bool {
	domain, _, found := strings.Cut(key, "/")
	return found && domainWithin(domain, ownGroup)
}

func (c *cleaner) removeMarks(mark func(key string, value any) bool) {
	for _, field := range []string{"labels", "annotations"} {
		marks := c.objectField(c.meta, "metadata", field)
		before := len(marks)
		for key, value := range marks {
			if mark(key, value) {
				delete(marks, key)
			}
		}
		if len(marks) < before {
			deleteIfEmpty(c.meta, field)
		}
	}
}
