package transform

// jobGenerated are the labels that the API server generates from a Job's UID, for the Job and its Pods.
var jobGenerated = []string{"controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"}

// cleanJob removes the generated selector and labels. With the source's UID in them the API server refuses the copy,
// or the copy adopts the source's Pods. With manualSelector they are the author's and stay.
func cleanJob(c *cleaner) {
	if c.gk != jobKind {
		return
	}
	spec := c.objectField(c.root, "", "spec")
	if spec == nil {
		return
	}
	if manual, _ := spec["manualSelector"].(bool); manual {
		return
	}
	delete(spec, "selector")
	removeKeys(c.meta, "labels", jobGenerated...)
	template := c.objectField(spec, "spec", "template")
	removeKeys(c.objectField(template, "spec.template", "metadata"), "labels", jobGenerated...)
	removeKeys(c.meta, "annotations", "batch.kubernetes.io/job-tracking")
}
