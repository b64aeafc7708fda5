package apply

import (
	"crypto/sha256"
	"io"

	"github.com/tidwall/gjson"
)

// Fingerprint identifies a set of fields, or the content of an object.
type Fingerprint [sha256.Size]byte

// HashContent returns the hash of an object's JSON without its status, and of its metadata with the labels and annotations alone. A
// namespace that is not empty counts, too: then the same content in another one has another hash.
func HashContent(content []byte, namespace string) (hash Fingerprint) {
	whole := sha256.New()
	_, _ = io.WriteString(whole, namespace) // a hash takes everything
	gjson.ParseBytes(content).ForEach(func(key, value gjson.Result) bool {
		switch key.Str {
		case "apiVersion", "kind", "status":
		case "metadata":
			writeFields(whole, value, map[string]bool{"labels": true, "annotations": true})
		default:
			writeField(whole, key, value)
		}
		return true
	})
	whole.Sum(hash[:0])
	return hash
}

// writeFields writes the selected fields of an object.
func writeFields(to io.Writer, object gjson.Result, selected map[string]bool) {
	object.ForEach(func(key, value gjson.Result) bool {
		if selected[key.Str] {
			writeField(to, key, value)
		}
		return true
	})
}

// writeField writes a field as valid JSON has it, behind a byte that JSON never has: so that no two contents read the same.
func writeField(to io.Writer, key, value gjson.Result) {
	_, _ = io.WriteString(to, "\x00"+key.Raw+":"+value.Raw)
}
