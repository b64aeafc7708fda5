package seal

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Verdict is the result of verifying a seal.
type Verdict string

// Verdicts.
const (
	// Good: Seedbed wrote the record, for the namespace whose UID its owner reference has.
	Good Verdict = "good"
	// Lost: the record may be Seedbed's, sealed with a key that is lost. It proves nothing until it is adopted.
	Lost Verdict = "lost"
	// Forged: another user wrote the record, changed it, or copied it from elsewhere.
	Forged Verdict = "forged"
)

// keyLength is the length of a key in bytes: the output length of SHA-256 (RFC 2104, section 3).
const keyLength = sha256.Size

// Keys seal and verify records. They never change and are safe for concurrent use.
type Keys struct {
	// current seals. previous verifies too, so that keys can be replaced; it is empty if there is none.
	current, previous []byte
	// lostSince is the time at which keys were created although records existed; zero if that never happened.
	lostSince time.Time
}

func newKeys() (*Keys, error) {
	key := make([]byte, keyLength)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("creating a key of records: %w", err)
	}
	return &Keys{current: key}, nil
}

// Seal sets the record's seal. Only its metadata may change afterwards, except for its name and owner reference.
func (k *Keys) Seal(record *v1alpha1.BaselineRecord) error {
	result, err := DigestResult(record)
	if err != nil {
		return err
	}
	return k.SealUpdate(record, result)
}

// SealUpdate sets the seal of a record whose result is not at hand, given the digest of that.
func (k *Keys) SealUpdate(record *v1alpha1.BaselineRecord, result ResultDigest) error {
	text, err := sealedBytes(record, result)
	if err != nil {
		return err
	}
	code := base64.RawURLEncoding.EncodeToString(computeMAC(k.current, text))
	record.Seal = strings.Join([]string{sealVersion, keyIdentifier(k.current), code}, ".")
	return nil
}

// Verify returns the verdict on the record's seal. The record must be whole: caches drop its lists.
func (k *Keys) Verify(record *v1alpha1.BaselineRecord) Verdict {
	version, rest, _ := strings.Cut(record.Seal, ".")
	id, code, _ := strings.Cut(rest, ".")
	if version != sealVersion {
		return Forged
	}
	key := k.findKey(id)
	if key == nil {
		return k.verifyUnknownKey(record, id)
	}
	given, err := base64.RawURLEncoding.DecodeString(code)
	if err != nil {
		return Forged
	}
	result, err := DigestResult(record)
	if err != nil {
		return Forged
	}
	text, err := sealedBytes(record, result)
	if err != nil || !hmac.Equal(given, computeMAC(key, text)) {
		return Forged
	}
	return Good
}

// verifyUnknownKey returns the verdict on a seal under an unknown key. The API server sets creation times, so a record that is
// older than the loss of the keys cannot be forged now.
func (k *Keys) verifyUnknownKey(record *v1alpha1.BaselineRecord, id string) Verdict {
	if k.lostSince.IsZero() || len(id) != identifierLength || record.CreationTimestamp.After(k.lostSince) {
		return Forged
	}
	return Lost
}

// findKey returns the key of an identifier; nil if it is unknown.
func (k *Keys) findKey(id string) []byte {
	for _, key := range [][]byte{k.current, k.previous} {
		if len(key) > 0 && keyIdentifier(key) == id {
			return key
		}
	}
	return nil
}

// identifierLength is the length of a key's identifier in a seal, in characters.
const identifierLength = 16

// keyIdentifier returns a name of the key from which the key cannot be computed.
func keyIdentifier(key []byte) string {
	digest := sha256.Sum256(key)
	return hex.EncodeToString(digest[:])[:identifierLength]
}

func computeMAC(key, text []byte) []byte {
	code := hmac.New(sha256.New, key)
	code.Write(text)
	return code.Sum(nil)
}

// sealed is the text that a seal covers. Its first field separates it from any other use of the keys.
type sealed struct {
	Purpose   string    `json:"purpose"`
	Version   string    `json:"version"`
	Name      string    `json:"name"`
	Namespace types.UID `json:"namespaceUID"`
	// Result is a digest, because results can be large and their JSON is encoded once, and because an update keeps the result
	// without reading it.
	Result   ResultDigest             `json:"resultDigest"`
	Revision v1alpha1.RevisionContent `json:"revision,omitzero"`
	Update   *v1alpha1.RestoreUpdate  `json:"update,omitempty"`
	Drift    *v1alpha1.RecordedDrift  `json:"drift,omitempty"`
}

// ResultDigest is a digest of a record's result.
type ResultDigest [sha256.Size]byte

// DigestResult returns the digest of a record's result, which must be whole.
func DigestResult(record *v1alpha1.BaselineRecord) (ResultDigest, error) {
	result, err := json.Marshal(&record.Result)
	if err != nil {
		return ResultDigest{}, fmt.Errorf("encoding the result of record %s/%s: %w", record.Namespace, record.Name, err)
	}
	return sha256.Sum256(result), nil
}

const purpose = "seedbed.dev/v1alpha1 BaselineRecord"

// sealVersion is the version of the bytes that a seal covers, and the first part of a seal. Records must verify as long as
// they exist: a change of the bytes of existing records is another version, and the earlier versions must still verify. A new
// field of a sealed type that is omitted if empty does not change the bytes of earlier records.
const sealVersion = "v1"

// sealedBytes returns the bytes to seal, given the digest of the record's result. JSON quotes names, so no two records have the
// same bytes.
func sealedBytes(record *v1alpha1.BaselineRecord, result ResultDigest) ([]byte, error) {
	text, err := json.Marshal(sealed{
		Purpose: purpose, Version: sealVersion, Name: record.Name, Namespace: record.NamespaceUID(), Result: result,
		Revision: record.Revision, Update: record.Update, Drift: record.Drift,
	})
	if err != nil {
		return nil, fmt.Errorf("encoding record %s/%s: %w", record.Namespace, record.Name, err)
	}
	return text, nil
}
