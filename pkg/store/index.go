package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	indexFormat = 1
	// maxChunks bounds the reads that a damaged index can cause.
	maxChunks = MaxBytes/chunkBytes + 1
	// maxIndexBytes leaves room for reasonable metadata and keeps the index below the size limit of a Secret.
	maxIndexBytes = 512 << 10
)

// index is the content of the index Secret.
type index struct {
	// Format is indexFormat.
	Format int    `json:"format"`
	Name   string `json:"name"`
	// Generation identifies the Put that wrote the chunks.
	Generation string            `json:"generation"`
	Digest     string            `json:"digest"`
	Size       int64             `json:"size"`
	Created    time.Time         `json:"created"`
	Meta       map[string]string `json:"meta,omitempty"`
	Chunks     []chunk           `json:"chunks"`
}

// chunk describes one chunk Secret.
type chunk struct {
	// Secret is the Secret's name.
	Secret string `json:"secret"`
	Digest string `json:"digest"`
	Size   int64  `json:"size"`
}

// newIndex returns the index of content that is not written yet, and the content's parts.
func newIndex(name string, meta map[string]string, content []byte, now time.Time) (index, [][]byte) {
	next := index{
		Format:     indexFormat,
		Name:       name,
		Generation: newGeneration(),
		Digest:     digestOf(content),
		Size:       int64(len(content)),
		Created:    now.UTC().Truncate(time.Second),
		Meta:       maps.Clone(meta),
		Chunks:     []chunk{},
	}
	parts := splitContent(content)
	for number, part := range parts {
		next.Chunks = append(next.Chunks, chunk{
			Secret: chunkName(name, next.Digest, next.Generation, number), Digest: digestOf(part), Size: int64(len(part)),
		})
	}
	return next, parts
}

func (i index) toEntry() Entry {
	return Entry{Name: i.Name, Digest: i.Digest, Size: i.Size, Meta: maps.Clone(i.Meta), Created: i.Created}
}

// newChunkSecret returns the Secret of one part.
func (i index) newChunkSecret(number int, part []byte) *corev1.Secret {
	immutable := true
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: i.Chunks[number].Secret, Labels: partLabels(i.Name, partChunk)},
		Type:       SecretType,
		Immutable:  &immutable,
		Data:       map[string][]byte{chunkKey: part},
	}
}

// newSecret returns the index as a Secret: to be created, or to be updated if resourceVersion is set.
func (i index) newSecret(resourceVersion string) (*corev1.Secret, error) {
	encoded, err := json.Marshal(i)
	if err != nil {
		return nil, fmt.Errorf("encoding the index: %w", err)
	}
	if len(encoded) > maxIndexBytes {
		return nil, fmt.Errorf("the index has %d bytes, at most %d are possible: store less metadata", len(encoded), maxIndexBytes)
	}
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: indexName(i.Name), ResourceVersion: resourceVersion, Labels: partLabels(i.Name, partIndex)},
		Type:       SecretType,
		Data:       map[string][]byte{indexKey: encoded, indexDigestKey: []byte(digestOf(encoded))},
	}, nil
}

// decodeIndex decodes an index Secret and validates all of it, because the Secrets that it names are deleted later.
func decodeIndex(secret *corev1.Secret) (index, error) {
	damaged := func(problem string) (index, error) {
		return index{}, fmt.Errorf("index Secret %s/%s %s: %w", secret.Namespace, secret.Name, problem, ErrCorrupt)
	}
	encoded, ok := secret.Data[indexKey]
	if !ok {
		return damaged("has no key " + indexKey)
	}
	if string(secret.Data[indexDigestKey]) != digestOf(encoded) {
		return damaged("differs from its digest")
	}
	var decoded index
	if json.Unmarshal(encoded, &decoded) != nil {
		return damaged("is not JSON")
	}
	if decoded.Format != indexFormat {
		return damaged(fmt.Sprintf("has format %d, and this Seedbed reads %d", decoded.Format, indexFormat))
	}
	if indexName(decoded.Name) != secret.Name {
		return damaged(fmt.Sprintf("is that of another name, %q", decoded.Name))
	}
	if problem := decoded.findDamage(); problem != "" {
		return damaged(problem)
	}
	return decoded, nil
}

// findDamage returns the first inconsistency in the index's chunks, or "".
func (i index) findDamage() string {
	if len(i.Chunks) > maxChunks {
		return fmt.Sprintf("lists %d chunks, more than the %d that are possible", len(i.Chunks), maxChunks)
	}
	size := int64(0)
	for _, c := range i.Chunks {
		if !strings.HasPrefix(c.Secret, chunkPrefix+i.Name+"-") {
			return fmt.Sprintf("lists %q, which is no chunk of it", c.Secret)
		}
		if c.Size < 0 || c.Size > chunkBytes {
			return fmt.Sprintf("lists a chunk of %d bytes", c.Size)
		}
		size += c.Size
	}
	if size != i.Size {
		return fmt.Sprintf("lists chunks of %d bytes for content of %d", size, i.Size)
	}
	return ""
}

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
