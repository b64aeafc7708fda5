// Package archive reads and writes backups in Velero's backup format 1.1.0: one gzip'd tar of JSON objects.
//
//	metadata/version                                                      "1.1.0"
//	resources/<resource>[.<group>]/namespaces/<namespace>/<name>.json     an object of a namespace
//	resources/<resource>[.<group>]/cluster/<name>.json                    a cluster-scoped object
//	resources/<resource>[.<group>]/<version>-preferredversion/...         the same object once more
//
// Format 1.1.0 adds to 1.0.0 the second copy, under the version that the cluster preferred. path.go defines the paths.
// writer.go writes both copies of every object. reader.go streams an untrusted archive, returns each object once and
// enforces limits.go, whatever the archive claims. stream.go bounds and checks the bytes below the tar, object.go
// checks that an object matches its path, decoded.go estimates its size in memory.
//
// The package does not know the cluster: its callers check whether a resource exists and may be restored.
package archive
