package transform

import (
	"fmt"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// maker is an object that creates another one, by an owner reference, a label or an annotation of that one.
type maker struct {
	// owner is set for an owner reference, which identifies the maker by uid; others do by ref.
	owner bool
	uid   string
	ref   reference
	// field is the path in the object that names the maker.
	field string
	// reason is the clause for an object that is left to this maker.
	reason string
}

var (
	certificateKind   = schema.GroupKind{Group: certmanagerv1.SchemeGroupVersion.Group, Kind: certmanagerv1.CertificateKind}
	helmReleaseKind   = schema.GroupKind{Group: "helm.toolkit.fluxcd.io", Kind: "HelmRelease"}
	kustomizationKind = schema.GroupKind{Group: "kustomize.toolkit.fluxcd.io", Kind: "Kustomization"}
)

// makersOf returns the makers that an object names.
func makersOf(gk schema.GroupKind, meta map[string]any, source string) []maker {
	var makers []maker
	for i, value := range listAt(meta, "ownerReferences") {
		owner, _ := value.(map[string]any) // any other shape names no controller; cleanMetadata removes it
		if controller, _ := owner["controller"].(bool); !controller {
			continue
		}
		kind, name := stringAt(owner, "kind"), stringAt(owner, "name")
		makers = append(makers, maker{
			owner: true, uid: stringAt(owner, "uid"), ref: reference{groupOf(stringAt(owner, "apiVersion")), kind, name},
			field: indexPath("metadata.ownerReferences", i), reason: fmt.Sprintf("%s %q creates it", kind, name),
		})
	}
	if gk == secretKind {
		if name := stringAt(objectAt(meta, "annotations"), certmanagerv1.CertificateNameKey); name != "" {
			makers = append(makers, maker{
				ref:    reference{certificateKind.Group, certificateKind.Kind, name},
				field:  joinPath("metadata.annotations", certmanagerv1.CertificateNameKey),
				reason: "cert-manager issues it for the Certificate that is in the backup",
			})
		}
	}
	return append(makers, fluxMakers(objectAt(meta, "labels"), source)...)
}

// fluxMakers returns the Flux objects of the source that an object's labels name. Flux sets no owner reference.
func fluxMakers(labels map[string]any, source string) []maker {
	var makers []maker
	for _, gk := range []schema.GroupKind{helmReleaseKind, kustomizationKind} {
		label := gk.Group + "/name"
		name := stringAt(labels, label)
		if name == "" || stringAt(labels, gk.Group+"/namespace") != source {
			continue
		}
		makers = append(makers, maker{
			ref:   reference{gk.Group, gk.Kind, name},
			field: joinPath("metadata.labels", label), reason: fmt.Sprintf("%s %q creates it", gk.Kind, name),
		})
	}
	return makers
}

// makesElsewhere reports whether a maker creates its objects in another namespace than the target. A HelmRelease installs into its own
// namespace unless it names one. A Kustomization applies to the namespaces in its manifests, which name the source, unless it names one.
func makesElsewhere(obj Object, source string) bool {
	target := stringAt(objectAt(obj.root(), "spec"), "targetNamespace")
	switch obj.groupKind() {
	case helmReleaseKind:
		return target != "" && target != source
	case kustomizationKind:
		return target != source
	}
	return false
}
