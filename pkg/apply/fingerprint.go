package apply

import (
	"crypto/sha256"
	"io"

	"github.com/tidwall/gjson"
)

// Fingerprint identifies a set of fields, or the content of an object.
type Fingerprint [sha256.Size]byte

// HashContent returns the hash of an object's JSON in a namespace: of its status, and of most of its metadata, it takes nothing. The
// same content in another namespace has another hash, unless both names are empty.
func HashContent(content []byte, namespace string) (hash Fingerprint) {
	whole := sha256.New()
	_, _ = io.WriteString(whole, namespace) // a hash takes everything
	gjson.ParseBytes(content).ForEach(func(key, value gjson.Result) bool {
		switch key.Str {
		case "apiVersion", "kind", "status":
		case "metadata":
			writeMetadata(whole, value)
		default:
			writeField(whole, key.Raw, value.Raw)
		}
		return true
	})
	whole.Sum(hash[:0])
	return hash
}

// writeMetadata writes the metadata that a comparison takes, and whether the object was scaled.
func writeMetadata(to io.Writer, metadata gjson.Result) {
	for _, field := range []string{"labels", "annotations", "ownerReferences"} {
		writeField(to, "metadata."+field, metadata.Get(field).Raw)
	}
	writeField(to, "scaled", metadata.Get(`managedFields.#(subresource=="scale").fieldsV1`).Raw)
}

// writeField writes a field as valid JSON has it, behind a byte that JSON never has: so that no two contents read the same. The key of a
// field of the object itself is in quotes, others are not.
func writeField(to io.Writer, key, value string) {
	_, _ = io.WriteString(to, "\x00"+key+":"+value)
}
