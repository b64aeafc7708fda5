package transform

// annotationMirror marks the shadow of a Pod that a kubelet runs from a file.
const annotationMirror = "kubernetes.io/config.mirror"

// skipMirrorPod: only a kubelet may create one.
func skipMirrorPod(it *item) (string, bool) {
	if it.gk != podKind {
		return "", false
	}
	if _, found := annotationsOf(it.root)[annotationMirror]; found {
		return "it mirrors a static Pod of a node", true
	}
	return "", false
}

// skipFinished: without its status a finished Pod or Job would run again, which nobody asked for. A Job
// that nothing owns was written by somebody (a migration, say) who may miss it, so it is told.
func skipFinished(it *item) (string, bool) {
	switch it.gk {
	case podKind:
		phase := stringAt(objectAt(it.root, "status"), "phase")
		if phase == "Succeeded" || phase == "Failed" {
			return "it has finished and would run again", true
		}
	case jobKind:
		if jobFinished(it.root) {
			return "it has finished and would run again", len(listAt(it.meta, "ownerReferences")) > 0
		}
	}
	return "", false
}

func jobFinished(root map[string]any) bool {
	for _, value := range listAt(objectAt(root, "status"), "conditions") {
		condition, _ := value.(map[string]any)
		kind := stringAt(condition, "type")
		if (kind == "Complete" || kind == "Failed") && stringAt(condition, "status") == "True" {
			return true
		}
	}
	return false
}
