package transform

// annotationMirror marks the API object of a static Pod, which a kubelet runs from a file.
const annotationMirror = "kubernetes.io/config.mirror"

// skipMirrorPod skips mirror Pods, which only a kubelet may create.
func skipMirrorPod(c *cleaner) (string, bool) {
	if c.gk != podKind {
		return "", false
	}
	if _, found := annotationsOf(c.root)[annotationMirror]; found {
		return "it mirrors a static Pod of a node", true
	}
	return "", false
}

// skipFinished skips Pods and Jobs that have finished: without their status they would run again. A Job without an
// owner (a migration, say) may be missed, so its skip is not quiet.
func skipFinished(c *cleaner) (string, bool) {
	switch c.gk {
	case podKind:
		phase := stringAt(objectAt(c.root, "status"), "phase")
		if phase == "Succeeded" || phase == "Failed" {
			return "it has finished and would run again", true
		}
	case jobKind:
		if isJobFinished(c.root) {
			return "it has finished and would run again", len(listAt(c.meta, "ownerReferences")) > 0
		}
	}
	return "", false
}

// isJobFinished reports whether the Job's conditions include Complete or Failed.
func isJobFinished(root map[string]any) bool {
	for _, value := range listAt(objectAt(root, "status"), "conditions") {
		condition, _ := value.(map[string]any)
		kind := stringAt(condition, "type")
		if (kind == "Complete" || kind == "Failed") && stringAt(condition, "status") == "True" {
			return true
		}
	}
	return false
}
