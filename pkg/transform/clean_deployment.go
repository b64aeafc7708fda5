package transform

// revisionAnnotations are the Deployment controller's notes, on a Deployment and on its ReplicaSets.
var revisionAnnotations = []string{
	"deployment.kubernetes.io/revision",
	"deployment.kubernetes.io/revision-history",
	"deployment.kubernetes.io/desired-replicas",
	"deployment.kubernetes.io/max-replicas",
}

// cleanDeployment removes the count of rollouts: the controller counts the target's own from 1, so that a copied
// count would never agree with what is there.
func cleanDeployment(it *item) {
	if it.gk != deploymentKind && it.gk != replicaSetKind {
		return
	}
	annotations := objectAt(it.meta, "annotations")
	if len(annotations) == 0 {
		return
	}
	for _, key := range revisionAnnotations {
		delete(annotations, key)
	}
	dropEmpty(it.meta, "annotations")
}
