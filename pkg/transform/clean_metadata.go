package transform

// identityFields are what the API server or a controller of the source gave the object. ownerReferences
// name UIDs of the source, and the garbage collector deletes an object whose owner it cannot find in the
// same namespace. A copied finalizer waits for a controller that may not know the object, which wedges the
// namespace's deletion; the controllers that want one add it again. The namespace is the URL's to say.
var identityFields = []string{
	"uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
	"deletionGracePeriodSeconds", "managedFields", "selfLink", "generateName", "ownerReferences",
	"finalizers", "namespace", "clusterName",
}

// cleanMetadata makes the object one that was never anywhere. The status is somebody's report about the
// source.
func cleanMetadata(it *item) {
	for _, field := range identityFields {
		delete(it.meta, field)
	}
	delete(it.root, "status")
}
