package transform

// jobGenerated are the labels that the API server generates for a Job and its Pods, from its UID.
var jobGenerated = []string{
	"controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name",
}

// cleanJob removes the generated selector and labels: with the source's UID in them the API server refuses
// the copy, or the copy adopts the source's Pods. With manualSelector they are the author's and stay.
func cleanJob(it *item) {
	if it.gk != jobKind {
		return
	}
	spec := it.object(it.root, "", "spec")
	if spec == nil {
		return
	}
	if manual, _ := spec["manualSelector"].(bool); manual {
		return
	}
	delete(spec, "selector")
	removeLabels(it.meta, jobGenerated)
	template := it.object(spec, "spec", "template")
	removeLabels(it.object(template, "spec.template", "metadata"), jobGenerated)
	annotations := objectAt(it.meta, "annotations")
	if _, found := annotations["batch.kubernetes.io/job-tracking"]; found {
		delete(annotations, "batch.kubernetes.io/job-tracking")
		dropEmpty(it.meta, "annotations")
	}
}

func removeLabels(meta map[string]any, keys []string) {
	labels := objectAt(meta, "labels")
	if len(labels) == 0 {
		return
	}
	for _, key := range keys {
		delete(labels, key)
	}
	dropEmpty(meta, "labels")
}
