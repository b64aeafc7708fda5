package transform

import (
	"strings"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
)

const (
	typeServiceAccountToken = "kubernetes.io/service-account-token"
	typeBootstrapToken      = "bootstrap.kubernetes.io/token"
	typeHelmRelease         = "helm.sh/release.v1"
)

// skipSecret: tokens belong to one ServiceAccount or one joining node, and a Helm release record would make
// Helm manage the copy as the source's. Users may miss such a Secret, so it is told. A Secret that
// cert-manager issued is issued again for the Certificate that comes along; copied, it would hold the
// source's names and be renewed twice.
func skipSecret(it *item) (string, bool) {
	if it.gk != secretKind {
		return "", false
	}
	switch stringAt(it.root, "type") {
	case typeServiceAccountToken:
		return "a ServiceAccount token of the source is no use in another namespace", false
	case typeBootstrapToken:
		return "a bootstrap token joins nodes to the cluster and is never copied", false
	case typeHelmRelease:
		return "a Helm release record of the source would make Helm manage the copy", false
	}
	certificate := stringAt(annotationsOf(it.root), certmanagerv1.CertificateNameKey)
	if certificate != "" && it.inv.Has(certmanagerv1.SchemeGroupVersion.Group, certmanagerv1.CertificateKind, certificate) {
		return "cert-manager issues it for the Certificate that is in the backup", true
	}
	return "", false
}

// skipHelmRelease: Helm keeps its records in ConfigMaps too, where it was told to.
func skipHelmRelease(it *item) (string, bool) {
	if it.gk != configMapKind || stringAt(labelsOf(it.root), "owner") != "helm" {
		return "", false
	}
	if strings.HasPrefix(stringAt(it.meta, "name"), "sh.helm.release.v1.") {
		return "a Helm release record of the source would make Helm manage the copy", false
	}
	return "", false
}
