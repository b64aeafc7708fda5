package seal

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/types"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// sealed is the text that a seal covers. Its first field separates it from any other use of the keys.
type sealed struct {
	Purpose   string    `json:"purpose"`
	Version   string    `json:"version"`
	Name      string    `json:"name"`
	Namespace types.UID `json:"namespaceUID"`
	// Result is a digest, because results can be large and their JSON is encoded once.
	Result [sha256.Size]byte `json:"resultDigest"`
}

const purpose = "seedbed.dev/v1alpha1 BaselineRecord"

// sealVersion is the version of the bytes that a seal covers, and the first part of a seal. Records must verify as long as
// they exist: a change of the bytes of existing records is another version, and the earlier versions must still verify. A new
// field of RestoreResult that is omitted if empty does not change the bytes of earlier records.
const sealVersion = "v1"

// sealedBytes returns the bytes to seal. JSON quotes names, so no two records have the same bytes.
func sealedBytes(record *v1alpha1.BaselineRecord) ([]byte, error) {
	result, err := json.Marshal(&record.Result)
	if err != nil {
		return nil, fmt.Errorf("encoding the result of record %s/%s: %w", record.Namespace, record.Name, err)
	}
	text, err := json.Marshal(sealed{
		Purpose: purpose, Version: sealVersion, Name: record.Name, Namespace: record.NamespaceUID(), Result: sha256.Sum256(result),
	})
	if err != nil {
		return nil, fmt.Errorf("encoding record %s/%s: %w", record.Namespace, record.Name, err)
	}
	return text, nil
}
