package transform

import "k8s.io/apimachinery/pkg/runtime/schema"

var sealedSecretKind = schema.GroupKind{Group: "bitnami.com", Kind: "SealedSecret"}

// annotationClusterWide marks a SealedSecret that can be opened in any namespace.
const annotationClusterWide = "sealedsecrets.bitnami.com/cluster-wide"

// skipSealedSecret skips a SealedSecret that is sealed for the source: its controller refuses it in any other namespace. The scope is
// an annotation of the template; kubeseal sets it on the object too.
func skipSealedSecret(c *cleaner) (string, bool) {
	if c.gk != sealedSecretKind {
		return "", false
	}
	template := objectAt(objectAt(c.root, "spec"), "template")
	for _, object := range []map[string]any{c.root, template} {
		if stringAt(annotationsOf(object), annotationClusterWide) == "true" {
			return "", false
		}
	}
	return "it is sealed for the source namespace and cannot be opened in another one", false
}
