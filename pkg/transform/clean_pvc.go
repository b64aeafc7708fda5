package transform

// bindingAnnotations are the binder's, the provisioner's and the scheduler's notes about the source's volume.
var bindingAnnotations = []string{
	"pv.kubernetes.io/bind-completed",
	"pv.kubernetes.io/bound-by-controller",
	"volume.beta.kubernetes.io/storage-provisioner",
	"volume.kubernetes.io/storage-provisioner",
	"volume.kubernetes.io/storage-resizer",
	"volume.kubernetes.io/selected-node",
}

// cleanPersistentVolumeClaim unbinds the claim: the volume is the source's, and a claim that names it
// stays Lost or, worse, waits for the source to be deleted and takes its data.
func cleanPersistentVolumeClaim(it *item) {
	if it.gk != pvcKind {
		return
	}
	if spec := it.object(it.root, "", "spec"); spec != nil {
		delete(spec, "volumeName")
	}
	annotations := objectAt(it.meta, "annotations")
	if len(annotations) == 0 {
		return
	}
	for _, key := range bindingAnnotations {
		delete(annotations, key)
	}
	dropEmpty(it.meta, "annotations")
}
