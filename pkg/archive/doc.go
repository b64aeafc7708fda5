// Package archive reads and writes backups in Velero's backup format 1.1.0: one gzip'd tar of JSON objects.
//
//	metadata/version                                                      "1.1.0"
//	resources/<resource>[.<group>]/namespaces/<namespace>/<name>.json     an object of a namespace
//	resources/<resource>[.<group>]/cluster/<name>.json                    a cluster-scoped object
//	resources/<resource>[.<group>]/<version>-preferredversion/...         the same object once more
//
// Format 1.1.0 differs from 1.0.0 by the second copy, below the version that the cluster preferred. Which path means
// what is in path.go. writer.go writes both copies of every object; reader.go streams an archive that nobody has to
// trust, gives each object once and stays within limits.go, whatever the archive claims. stream.go bounds and
// checks the bytes below the tar, object.go checks that an object is what its path says, decoded.go estimates what it takes decoded.
//
// The package knows nothing of the cluster: whether a resource exists or may be restored is its callers' business.
package archive
