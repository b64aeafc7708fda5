package transform

import "strings"

const labelManagedBy = "app.kubernetes.io/managed-by"

// managerDomains are the domains of keys by which a manager recognises what it manages, each with its
// subdomains. A copy that keeps them is taken for the manager's own and deleted (Argo CD), refused (Helm),
// corrected back to the source (Flux, HNC, the replicators) or backed up under another's rules.
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

// managedByValues are the values of app.kubernetes.io/managed-by that a manager acts on. Others are
// somebody's note and stay.
var managedByValues = map[string]bool{"Helm": true, "kyverno": true, "hnc.x-k8s.io": true}

const annotationLastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// isManagerMark says whether a label or annotation marks an object as somebody's who managed the source.
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

// domainWithin says whether domain is parent or one of its subdomains.
func domainWithin(domain, parent string) bool {
	rest, found := strings.CutSuffix(domain, parent)
	return found && (rest == "" || strings.HasSuffix(rest, "."))
}

// cleanManagerMarks removes the marks from the object itself. Those in a Pod template stay: managers look
// at the objects they applied, and a selector may need a template's labels.
func cleanManagerMarks(it *item) {
	it.removeMarks(isManagerMark)
}

// cleanOwnMarks removes what an earlier restore left, so that a copy of a copy is like a copy.
func cleanOwnMarks(it *item) {
	it.removeMarks(func(key string, _ any) bool { return isOwnKey(key) })
}

// isOwnKey says whether a label or annotation is Seedbed's.
func isOwnKey(key string) bool {
	domain, _, found := strings.Cut(key, "/")
	return found && domainWithin(domain, ownGroup)
}

func (it *item) removeMarks(mark func(key string, value any) bool) {
	for _, field := range []string{"labels", "annotations"} {
		marks := it.object(it.meta, "metadata", field)
		before := len(marks)
		for key, value := range marks {
			if mark(key, value) {
				delete(marks, key)
			}
		}
		if len(marks) < before {
			dropEmpty(it.meta, field)
		}
	}
}
