package store

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// chunkBytes keeps a Secret well below the API server's limit of 1 MiB of data, and its request, which is a third
// larger in base64, below etcd's of 1.5 MiB.
const chunkBytes = 768 << 10

// splitContent splits content into chunks of at most chunkBytes, without copying it. Empty content has none.
func splitContent(content []byte) [][]byte {
	return slices.Collect(slices.Chunk(content, chunkBytes))
}

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return digestPrefix + hex.EncodeToString(sum[:])
}
