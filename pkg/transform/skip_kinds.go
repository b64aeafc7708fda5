package transform

import "k8s.io/apimachinery/pkg/runtime/schema"

// ownGroup is the API group of Seedbed itself.
const ownGroup = "seedbed.dev"

// skipOwnKinds skips Seedbed's own objects. A record is about the source; a copied restore by hand would run in the target.
func skipOwnKinds(it *item) (string, bool) {
	if it.gk.Group == ownGroup {
		return "Seedbed's own records are not restored", true
	}
	return "", false
}

// byNature are the kinds that tell what happened in the source, or who holds or asks for what there at the moment.
var byNature = map[schema.GroupKind]string{
	{Kind: "Event"}:                                               "events tell what happened in the source",
	{Group: "events.k8s.io", Kind: "Event"}:                       "events tell what happened in the source",
	{Group: "coordination.k8s.io", Kind: "Lease"}:                 "a lease is held by somebody in the source",
	{Group: "coordination.k8s.io", Kind: "LeaseCandidate"}:        "a lease is held by somebody in the source",
	{Group: "certificates.k8s.io", Kind: "PodCertificateRequest"}: "a kubelet asks with it for the certificate of a Pod of the source",
}

func skipByNature(it *item) (string, bool) {
	reason, found := byNature[it.gk]
	return reason, found
}

// annotationLeader marks ConfigMaps and Endpoints that older clients elect a leader with.
const annotationLeader = "control-plane.alpha.kubernetes.io/leader"

// skipLeaderElection: a copied record names a leader that does not run in the target, and the target's
// replicas wait for it to go.
func skipLeaderElection(it *item) (string, bool) {
	if it.gk != configMapKind && it.gk != endpointsKind {
		return "", false
	}
	if _, found := annotationsOf(it.root)[annotationLeader]; found {
		return "it is a leader-election record of the source", true
	}
	return "", false
}

// skipClusterMade: the control plane makes these by itself; the copy would be refused or overwritten, and
// a copied Service "kubernetes" would lead to nowhere.
func skipClusterMade(it *item) (string, bool) {
	name := stringAt(it.meta, "name")
	switch it.gk {
	case configMapKind:
		if name == "kube-root-ca.crt" {
			return "the control plane makes it in every namespace", true
		}
	case serviceKind, endpointsKind, endpointSliceKind:
		if name == "kubernetes" && it.inv != nil && it.inv.source == "default" {
			return "it is the API server's own", true
		}
	}
	return "", false
}
