// Package store keeps the content of backups: put, get, list and delete by name, behind the interface Store, so that files
// and object storage can stand beside the Secrets that this package keeps them in.
//
// One backup is any number of chunk Secrets and one index Secret (keys.go has every name, label and key; split.go cuts
// the content, index.go encodes the index). The chunks are immutable and written first, under names that no other Put
// uses; the index, written last and in one request, lists them with their digests. So content is there when its index
// is, whole, and nobody ever sees a half of it; what a crash leaves behind are chunks that no index lists, and Sweep
// removes them. Reading checks the digest of each chunk and of the whole, every time.
//
// put.go, get.go, list.go, delete.go and sweep.go each hold one verb. All of them are live calls to the API server: a cache
// would hold every backup in memory, and would lag.
package store
