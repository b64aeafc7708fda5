// Package store keeps the content of backups behind the interface Store: put, get, list and delete by name. This
// package implements it with Secrets; files and object storage can follow.
//
// One backup consists of chunk Secrets and one index Secret (keys.go defines their names, labels and keys; index.go
// splits the content and encodes the index). The chunks are immutable and written first, under names that no
// other Put uses. The index, written last and in one request, lists them with their digests. So content exists,
// whole, exactly when its index does, and a reader never sees half of it. A crash leaves only chunks that no index
// lists, which Sweep removes. Every read checks the digest of each chunk and of the whole.
//
// put.go, get.go, list.go, delete.go and sweep.go each hold one verb. All are live calls to the API server: a cache
// would hold every backup in memory, and would lag.
//
// # Why Secrets
//
// A backup may contain Secrets, so its content needs their protection: encryption at rest where the cluster has it,
// and access that roles seldom grant. ConfigMaps have neither, custom resources only if an administrator configures
// them, and both have the same size limits. A volume would need a StorageClass and tie the leader to a node; object
// storage would need an account before the first backup. Secrets need nothing beside the API server, and its
// optimistic lock makes the index an atomic commit. The price is space in etcd, which MaxBytes bounds, and splitting
// the content into chunks.
package store
