package transform

// identityFields are set by the API server or by a controller of the source. ownerReferences name UIDs of the source,
// and the garbage collector deletes an object whose owner is not in its namespace. A copied finalizer waits for a
// controller that may not know the object, which blocks the namespace's deletion; controllers that need one add it
// again. The namespace comes from the URL.
var identityFields = []string{
	"uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
	"deletionGracePeriodSeconds", "managedFields", "selfLink", "generateName", "ownerReferences",
	"finalizers", "namespace", "clusterName",
}

// cleanMetadata removes the object's identity and its status, which describes the source.
func cleanMetadata(c *cleaner) {
	for _, field := range identityFields {
		delete(c.meta, field)
	}
	delete(c.root, "status")
}
