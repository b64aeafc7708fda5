package manifest

import (
	"bytes"
	"encoding/json"
)

// Labels mark every object that a restore writes. They are encoded once for all of them.
type Labels struct {
	values  map[string]string
	encoded string
}

// NewLabels returns the labels of a restore.
func NewLabels(values map[string]string) Labels {
	encoded, err := json.Marshal(values)
	if err != nil || len(values) == 0 { // strings always encode
		return Labels{}
	}
	return Labels{values: values, encoded: string(bytes.Trim(encoded, "{}"))}
}

// Values returns the labels as an object has them. Callers must not change the map.
func (l Labels) Values() map[string]string { return l.values }
