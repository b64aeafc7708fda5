package seal

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Verdict is what a seal proves.
type Verdict string

// Verdicts.
const (
	// Good: Seedbed wrote the record, for the namespace whose UID its owner reference has.
	Good Verdict = "good"
	// Lost: the record may be Seedbed's, sealed with a key that is lost. It proves nothing until it is adopted.
	Lost Verdict = "lost"
	// Forged: somebody else wrote the record, or changed it, or copied it from elsewhere.
	Forged Verdict = "forged"
)

// keyLength is HMAC-SHA256's own block of security, in bytes (RFC 2104, section 3).
const keyLength = sha256.Size

// Keys seal records and judge seals. They never change and are safe for concurrent use.
type Keys struct {
	// current seals; previous is accepted too, so that keys can be replaced: empty where there is none.
	current, previous []byte
	// lostSince is when keys were made although records existed; zero when that never happened.
	lostSince time.Time
}

func newKeys() (*Keys, error) {
	key := make([]byte, keyLength)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("making a key for records: %w", err)
	}
	return &Keys{current: key}, nil
}

// Seal sets the record's seal. Its name, owner reference and result must not change afterwards.
func (k *Keys) Seal(record *v1alpha1.BaselineRecord) error {
	text, err := message(record)
	if err != nil {
		return err
	}
	code := base64.RawURLEncoding.EncodeToString(authenticate(k.current, text))
	record.Seal = strings.Join([]string{sealVersion, identify(k.current), code}, ".")
	return nil
}

// Verify returns what the record's seal proves. The record must be whole: caches drop its lists.
func (k *Keys) Verify(record *v1alpha1.BaselineRecord) Verdict {
	version, rest, _ := strings.Cut(record.Seal, ".")
	id, code, _ := strings.Cut(rest, ".")
	if version != sealVersion {
		return Forged
	}
	key := k.find(id)
	if key == nil {
		return k.unknown(record, id)
	}
	given, err := base64.RawURLEncoding.DecodeString(code)
	if err != nil {
		return Forged
	}
	text, err := message(record)
	if err != nil || !hmac.Equal(given, authenticate(key, text)) {
		return Forged
	}
	return Good
}

// unknown judges a seal under a key that is not there. The API server sets creation times, so nobody can make a record now
// that was there before the keys were lost.
func (k *Keys) unknown(record *v1alpha1.BaselineRecord, id string) Verdict {
	if k.lostSince.IsZero() || len(id) != identifierLength || record.CreationTimestamp.After(k.lostSince) {
		return Forged
	}
	return Lost
}

func (k *Keys) find(id string) []byte {
	for _, key := range [][]byte{k.current, k.previous} {
		if len(key) > 0 && identify(key) == id {
			return key
		}
	}
	return nil
}

// identifierLength is the length of a key's name in a seal, in characters.
const identifierLength = 16

// identify names a key without telling it.
func identify(key []byte) string {
	digest := sha256.Sum256(key)
	return hex.EncodeToString(digest[:])[:identifierLength]
}

func authenticate(key, text []byte) []byte {
	code := hmac.New(sha256.New, key)
	code.Write(text)
	return code.Sum(nil)
}
