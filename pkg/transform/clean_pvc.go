package transform

// bindingAnnotations are set by the binder, the provisioner and the scheduler about the source's volume.
var bindingAnnotations = []string{
	"pv.kubernetes.io/bind-completed",
	"pv.kubernetes.io/bound-by-controller",
	"volume.beta.kubernetes.io/storage-provisioner",
	"volume.kubernetes.io/storage-provisioner",
	"volume.kubernetes.io/storage-resizer",
	"volume.kubernetes.io/selected-node",
}

// cleanPersistentVolumeClaim unbinds the claim. The volume is the source's: a claim that names it stays Lost or,
// worse, waits until the source is deleted and takes its data.
func cleanPersistentVolumeClaim(c *cleaner) {
	if c.gk != pvcKind {
		return
	}
	delete(c.objectField(c.root, "", "spec"), "volumeName")
	removeKeys(c.meta, "annotations", bindingAnnotations...)
}
