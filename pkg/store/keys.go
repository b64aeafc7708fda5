package store

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"
)

// Names, labels and keys of the Secrets that hold backups. They are a storage format: later releases must read them.
const (
	// SecretType is the type of every Secret that this package writes, so that others can recognise them.
	SecretType corev1.SecretType = "seedbed.dev/backup"

	labelManagedBy = "app.kubernetes.io/managed-by"
	managedBy      = "seedbed"
	// labelBackup holds the backup's name, labelPart either partIndex or partChunk.
	labelBackup = "seedbed.dev/backup"
	labelPart   = "seedbed.dev/part"
	partIndex   = "index"
	partChunk   = "chunk"

	indexPrefix = "seedbed-backup-"
	chunkPrefix = "seedbed-chunk-"

	// Data keys. An index has indexKey and its digest in indexDigestKey, a chunk has chunkKey.
	indexKey       = "index.json"
	indexDigestKey = "index.sha256"
	chunkKey       = "content"

	maxNameLength = 63
	digestPrefix  = "sha256:"
)

func validateName(name string) error {
	if len(name) > maxNameLength {
		return fmt.Errorf("%q is no valid backup name: it has more than %d characters", name, maxNameLength)
	}
	if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
		return fmt.Errorf("%q is no valid backup name: %s", name, strings.Join(problems, ", "))
	}
	return nil
}

// indexName returns the name of a backup's index Secret.
func indexName(name string) string { return indexPrefix + name }

// chunkName returns the name of a chunk Secret. The part after the backup's name has a fixed length, so that no two
// backups share a chunk's name; the generation separates the chunks of different Puts.
func chunkName(name, digest, generation string, number int) string {
	short := strings.TrimPrefix(digest, digestPrefix)[:12]
	return fmt.Sprintf("%s%s-%s-%s-%04d", chunkPrefix, name, short, generation, number)
}

// newGeneration returns a random identifier for one Put.
func newGeneration() string {
	random := make([]byte, 4)
	// rand.Read never returns an error.
	_, _ = rand.Read(random)
	return hex.EncodeToString(random)
}

func partLabels(name, part string) map[string]string {
	return map[string]string{labelManagedBy: managedBy, labelBackup: name, labelPart: part}
}

// selectPart selects the indexes or the chunks of every backup.
func selectPart(part string) labels.Set {
	return labels.Set{labelManagedBy: managedBy, labelPart: part}
}

// selectBackup selects the index or the chunks of one backup.
func selectBackup(name, part string) labels.Set { return partLabels(name, part) }
