package v1alpha1

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Result is what became of one object in a restore, or would become of it in a preview.
type Result string

// Values of Result.
const (
	// ResultCreated did not exist and was created.
	ResultCreated Result = "Created"
	// ResultUpdated existed and was made like the backup's, or was merged with it.
	ResultUpdated Result = "Updated"
	// ResultUnchanged existed and was like the backup's already.
	ResultUnchanged Result = "Unchanged"
	// ResultKept existed, differed, and was left alone.
	ResultKept Result = "Kept"
	// ResultSkipped is in the backup and is not restored by rule.
	ResultSkipped Result = "Skipped"
	// ResultFailed could not be written.
	ResultFailed Result = "Failed"
)

// ObjectResult is what became of one object, in records, restores and previews. Its JSON is one string, because a record
// lists every object of every namespace and each field of a list costs the API server time and garbage:
//
//	services/web: Created
//	deployments.apps/web: Kept: was already there and differs
//
// String writes that form and UnmarshalJSON is the only code that reads it.
//
// +kubebuilder:validation:Type=string
// +kubebuilder:validation:MaxLength=1024
type ObjectResult struct {
	// Object is the resource and name, as "services/web" or "deployments.apps/web".
	Object string `json:"-"`
	// Result is what became of it.
	Result Result `json:"-"`
	// Reason is why, in one clause; empty where there is nothing to add. Never a value of the object.
	Reason string `json:"-"`
}

// resultSeparator stands between the parts. No resource and no object's name has a space in it.
const resultSeparator = ": "

// String returns the result as it is stored.
func (r ObjectResult) String() string {
	text := r.Object + resultSeparator + string(r.Result)
	if r.Reason != "" {
		text += resultSeparator + r.Reason
	}
	return text
}

// MarshalJSON implements json.Marshaler.
func (r ObjectResult) MarshalJSON() ([]byte, error) { return json.Marshal(r.String()) }

// UnmarshalJSON implements json.Unmarshaler.
func (r *ObjectResult) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("reading the result of an object: %w", err)
	}
	object, rest, _ := strings.Cut(text, resultSeparator)
	result, reason, _ := strings.Cut(rest, resultSeparator)
	*r = ObjectResult{Object: object, Result: Result(result), Reason: reason}
	return nil
}

// Split returns the object's resource and its name.
func (r ObjectResult) Split() (resource, name string) {
	resource, name, _ = strings.Cut(r.Object, "/")
	return resource, name
}
