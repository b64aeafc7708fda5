package manifest

import (
	"bytes"
	"encoding/json"
	"maps"
)

// Labels mark every object that a restore writes. They are encoded once for all of them.
type Labels struct {
	values  map[string]string
	encoded string
	// owner is the key of the label that a patch tests; empty if it tests none.
	owner string
}

// NewLabels returns the labels of a restore.
func NewLabels(values map[string]string) Labels {
	encoded, err := json.Marshal(values)
	if err != nil || len(values) == 0 { // strings always encode
		return Labels{}
	}
	return Labels{values: values, encoded: string(bytes.Trim(encoded, "{}"))}
}

// WithOwner returns the labels where the one of that key names the owner of an object. A Patch tests that label and sets the
// others.
func (l Labels) WithOwner(key string) Labels {
	l.owner = key
	return l
}

// With returns the labels and one more, with the same owner.
func (l Labels) With(key, value string) Labels {
	values := map[string]string{key: value}
	maps.Copy(values, l.values)
	return NewLabels(values).WithOwner(l.owner)
}

// Values returns the labels as an object has them. Callers must not change the map.
func (l Labels) Values() map[string]string { return l.values }
