package transform

import "k8s.io/apimachinery/pkg/runtime/schema"

// ownGroup is Seedbed's API group.
const ownGroup = "seedbed.dev"

// skipOwnKinds skips Seedbed's own objects. A record describes the source; a copied BaselineRestore would run in the
// target.
func skipOwnKinds(c *cleaner) (string, bool) {
	if c.gk.Group == ownGroup {
		return "Seedbed's own records are not restored", true
	}
	return "", false
}

// runtimeKinds are kinds that record events in the source, or claims of clients that run there.
var runtimeKinds = map[schema.GroupKind]string{
	{Kind: "Event"}:                                               "events record what happened in the source",
	{Group: "events.k8s.io", Kind: "Event"}:                       "events record what happened in the source",
	{Group: "coordination.k8s.io", Kind: "Lease"}:                 "a lease belongs to its holder in the source",
	{Group: "coordination.k8s.io", Kind: "LeaseCandidate"}:        "a lease belongs to its holder in the source",
	{Group: "certificates.k8s.io", Kind: "PodCertificateRequest"}: "a kubelet requests a certificate for a Pod of the source with it",
}

// skipRuntimeKinds skips objects that only describe the running source.
func skipRuntimeKinds(c *cleaner) (string, bool) {
	reason, found := runtimeKinds[c.gk]
	return reason, found
}

// annotationLeader marks ConfigMaps and Endpoints that older clients use for leader election.
const annotationLeader = "control-plane.alpha.kubernetes.io/leader"

// skipLeaderElection skips leader-election records: a copy names a leader that does not run in the target, and the
// target's replicas wait until it expires.
func skipLeaderElection(c *cleaner) (string, bool) {
	if c.gk != configMapKind && c.gk != endpointsKind {
		return "", false
	}
	if _, found := annotationsOf(c.root)[annotationLeader]; found {
		return "it is a leader-election record of the source", true
	}
	return "", false
}

// skipRootCA skips the ConfigMap with the API server's certificate authority. The control plane would overwrite the copy.
func skipRootCA(c *cleaner) (string, bool) {
	if c.gk == configMapKind && stringAt(c.meta, "name") == "kube-root-ca.crt" {
		return "the control plane creates it in every namespace", true
	}
	return "", false
}

// skipAPIServer skips the Service of the API server and its addresses: a copy would have no endpoints.
func skipAPIServer(c *cleaner) (string, bool) {
	switch c.gk {
	case serviceKind, endpointsKind, endpointSliceKind:
		if stringAt(c.meta, "name") == "kubernetes" && c.inv != nil && c.inv.source == "default" {
			return "it is the API server's own", true
		}
	}
	return "", false
}
