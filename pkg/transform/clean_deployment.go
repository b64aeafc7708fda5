package transform

// revisionAnnotations are set by the Deployment controller on Deployments and their ReplicaSets.
var revisionAnnotations = []string{
	"deployment.kubernetes.io/revision",
	"deployment.kubernetes.io/revision-history",
	"deployment.kubernetes.io/desired-replicas",
	"deployment.kubernetes.io/max-replicas",
}

// cleanDeployment removes the rollout counters. The controller counts the target's own rollouts from 1, so a copied
// counter would never match.
func cleanDeployment(c *cleaner) {
	if c.gk != deploymentKind && c.gk != replicaSetKind {
		return
	}
	removeKeys(c.meta, "annotations", revisionAnnotations...)
}
