package exact

import (
	"regexp"
	"slices"
	"strings"
)

// allowance is one permitted difference between a copy and its source.
type allowance struct {
	name string
	// objects and fields match the difference's place.
	objects, fields *regexp.Regexp
	// only names the side that has the value: the source, the copy, or both with different values.
	only side
}

type side int

const (
	sourceAlone side = 1 << iota
	copyAlone
	bothDiffer
	anySide = sourceAlone | copyAlone | bothDiffer
)

func newAllowance(name string, only side, objects, fields string) allowance {
	return allowance{name: name, only: only, objects: anchored(objects), fields: anchored(fields)}
}

func anchored(pattern string) *regexp.Regexp { return regexp.MustCompile("^(" + pattern + ")$") }

// allowed lists every difference that the rules of a restore make: the rows of the design's tables that change a restored
// object.
var allowed = []allowance{
	newAllowance("identity is the API server's to give", bothDiffer, `.+`, `metadata\.(uid|resourceVersion)`),
	newAllowance("timestamps and generations are the API server's to give", bothDiffer, `.+`, `metadata\.(creationTimestamp|generation)`),
	newAllowance("managedFields are the API server's to give", anySide, `.+`, `metadata\.managedFields.*`),
	newAllowance("the status is its controller's to write", anySide, `.+`, `status.*`),
	newAllowance("finalizers are their controllers' to add", sourceAlone, `parcels\..+`, `metadata\.finalizers.*`),
	newAllowance("an owner that is not in the backup is no owner of the copy", sourceAlone, `configmaps/owned-by-cluster`, `metadata\.ownerReferences.*`),
	newAllowance("Helm's marks", sourceAlone, `configmaps/without-data`, `metadata\.(labels\["app\.kubernetes\.io/managed-by"\]|annotations\["meta\.helm\.sh/.+"\])`),
	newAllowance("Argo CD's marks", sourceAlone, `configmaps/without-data`, `metadata\.annotations\["argocd\.argoproj\.io/.+"\]`),
	newAllowance("Flux's marks", sourceAlone, `parcels\..+`, `metadata\.labels\["kustomize\.toolkit\.fluxcd\.io/.+"\]`),
	newAllowance("kubectl's last applied configuration", sourceAlone, `configmaps/without-data`, `metadata\.annotations\["kubectl\..+"\]`),
	newAllowance("the Deployment controller's count of revisions", bothDiffer, `deployments\..+`, `metadata\.annotations\["deployment\.kubernetes\.io/revision"\]`),
	newAllowance("Seedbed's labels", copyAlone, `.+`, `metadata\.labels\["seedbed\.dev/(baseline|backup)"\]`),
	newAllowance("a Service's cluster IPs", bothDiffer, `services/.+`, `spec\.clusterIPs?(\[\d\])?`),
	newAllowance("a Service's node ports", bothDiffer, `services/.+`, `spec\.ports\[\d\]\.nodePort`),
	newAllowance("a Service's health check port", bothDiffer, `services/load-balancer`, `spec\.healthCheckNodePort`),
	newAllowance("a Service's chosen addresses", sourceAlone, `services/load-balancer`, `spec\.(externalIPs\[\d\]|loadBalancerIP)`),
	newAllowance("a claim's volume", sourceAlone, `persistentvolumeclaims/data`, `spec\.volumeName`),
	newAllowance("a claim's binding", sourceAlone, `persistentvolumeclaims/data`, `metadata\.annotations\["(pv|volume(\.beta)?)\.kubernetes\.io/.+"\]`),
	newAllowance("a Pod's node", sourceAlone, `pods/scheduled`, `spec\.nodeName`),
	newAllowance("a Pod's token has a generated name", bothDiffer, `pods/.+`, `spec\.(volumes\[\d\]|(initC|c)ontainers\[\d\]\.volumeMounts\[\d\])\.name`),
	newAllowance("a Job's generated selector and labels", bothDiffer, `jobs\..+/(migrate|suspended)`, `spec\.(selector\.matchLabels|template\.metadata\.labels)\["batch\.kubernetes\.io/controller-uid"\]|spec\.template\.metadata\.labels\.controller-uid`),
	newAllowance("labels that a Job without labels takes from its template", sourceAlone, `jobs\..+/suspended`, `metadata\.labels(\.(controller-uid|job-name)|\["batch\.kubernetes\.io/(controller-uid|job-name)"\])`),
	newAllowance("a ServiceAccount's token Secret", anySide, `serviceaccounts/web`, `secrets\[\d\].*`),
}

func (a allowance) covers(d difference) bool {
	where := bothDiffer
	switch {
	case d.after == nil:
		where = sourceAlone
	case d.before == nil:
		where = copyAlone
	}
	return a.only&where != 0 && a.objects.MatchString(d.object) && a.fields.MatchString(d.field)
}

// notRestored lists the source's objects that its copy must lack.
var notRestored = map[string]string{
	"configmaps/leader":                 "a leader-election record",
	"leases.coordination.k8s.io/leader": "a lease",
	"pods/finished":                     "a finished Pod",
	"jobs.batch/finished":               "a finished Job",
	"podcertificaterequests.certificates.k8s.io/web-certificate": "a request for the certificate of a Pod of the source",
	"secrets/bootstrap-token-abcdef":                             "a bootstrap token",
	"secrets/sh.helm.release.v1.web.v1":                          "a Helm release record",
	"secrets/web-token":                                          "a ServiceAccount token",
}

// isRegenerated reports whether the control plane or another object's controller creates an object, so that it is no copy.
func isRegenerated(objects archiveObjects, key string) bool {
	object := objects[key]
	if key == "configmaps/kube-root-ca.crt" {
		return true
	}
	if strings.HasPrefix(key, "endpoints/") && stringAt(object, "metadata", "labels", "endpoints.kubernetes.io/managed-by") == "endpoint-controller" {
		return true
	}
	metadata, _ := object["metadata"].(map[string]any)
	owners, _ := metadata["ownerReferences"].([]any)
	return slices.ContainsFunc(owners, func(owner any) bool {
		fields, _ := owner.(map[string]any)
		return fields["controller"] == true && objects.hasUID(fields["uid"])
	})
}

func (h archiveObjects) hasUID(uid any) bool {
	for _, object := range h {
		if any(stringAt(object, "metadata", "uid")) == uid {
			return true
		}
	}
	return false
}

// staysInText lists the places of free text that name the source, and stay unless the mapping is ReferencesAndText.
var staysInText = []string{
	`configmaps/settings data.database`,
	`configmaps/settings data["file.conf"]`,
	`secrets/credentials data.url`,
}

// staysInReferences lists the places that name an object that did not move, and so stay.
var staysInReferences = []string{
	`deployments.apps/web spec.template.spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.namespaceSelector.matchLabels["kubernetes.io/metadata.name"]`,
	`deployments.apps/web spec.template.spec.containers[0].env[1].value`,
	`parcels.exact.example.com/first spec.endpoints[2]`,
	`parcels.exact.example.com/first spec.sharedRef.namespace`,
}
