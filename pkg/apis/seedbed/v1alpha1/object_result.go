package v1alpha1

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Result is the outcome for one object in a restore, the predicted one in a preview, or how it differs in an audit.
type Result string

// Values of Result.
const (
	// ResultCreated reports that the object did not exist and was created.
	ResultCreated Result = "Created"
	// ResultUpdated reports that the object existed and was changed to match the backup's, or merged with it.
	ResultUpdated Result = "Updated"
	// ResultUnchanged reports that the object existed and already matched the backup's.
	ResultUnchanged Result = "Unchanged"
	// ResultDeleted reports that the newer backup lacks the object, and that it was deleted.
	ResultDeleted Result = "Deleted"
	// ResultKept reports that the object existed, differed, and was left unchanged.
	ResultKept Result = "Kept"
	// ResultSkipped reports that the object is in the backup and that a rule excludes it from the restore.
	ResultSkipped Result = "Skipped"
	// ResultFailed reports that the object could not be written.
	ResultFailed Result = "Failed"
	// ResultMissing reports that the object was deleted since it was restored.
	ResultMissing Result = "Missing"
	// ResultChanged reports that the object was changed since it was restored.
	ResultChanged Result = "Changed"
	// ResultDisowned reports that the label that names the object's baseline was removed or changed since it was restored.
	ResultDisowned Result = "Disowned"
)

// ObjectResult is the result of one object, in records, restores and previews. Its JSON is one string, because a record
// lists every object of its namespace and each field of a list costs the API server time and garbage:
//
//	services/web: Created
//	deployments.apps/web: Kept: was already there and differs
//
// String returns that form, and only UnmarshalJSON parses it.
//
// +kubebuilder:validation:Type=string
// +kubebuilder:validation:MaxLength=1024
type ObjectResult struct {
	// Object is the resource and name, as "services/web" or "deployments.apps/web".
	Object string `json:"-"`
	// Result is the outcome.
	Result Result `json:"-"`
	// Reason is the reason for the result in one clause, or empty. It never contains a value of the object.
	Reason string `json:"-"`
}

// resultSeparator separates the parts. No resource and no object's name contains a space.
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
