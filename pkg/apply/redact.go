package apply

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// redactedError is an error with another message. It unwraps to the original, which callers classify.
type redactedError struct {
	error
	message string
}

func (e *redactedError) Error() string { return e.message }
func (e *redactedError) Unwrap() error { return e.error }

// redactError removes values from an API server's error. A refusal quotes the values that it refuses, and one may be a password;
// the error goes into a status, which more people may read than the object. Fields and reasons stay.
func redactError(kind schema.GroupKind, err error) error {
	var status apierrors.APIStatus
	if err == nil || !errors.As(err, &status) {
		return err
	}
	original := status.Status().Message
	message := redactFields(status)
	if holdsData(kind) {
		message = cutDenial(kind.Kind, message)
	}
	if message == original {
		return err
	}
	return &redactedError{error: err, message: strings.Replace(err.Error(), original, message, 1)}
}

// redactFields returns a message with the invalid fields and the reasons, without their values.
func redactFields(status apierrors.APIStatus) string {
	answer := status.Status()
	if answer.Details == nil || len(answer.Details.Causes) == 0 || answer.Details.Name == "" {
		return answer.Message
	}
	causes := make([]string, 0, len(answer.Details.Causes))
	for _, cause := range answer.Details.Causes {
		if cause.Field == "" {
			return answer.Message // no list of fields
		}
		causes = append(causes, cause.Field+": "+redactValue(cause.Message))
	}
	kind := schema.GroupKind{Group: answer.Details.Group, Kind: answer.Details.Kind}
	return fmt.Sprintf("%s %q is invalid: %s", kind, answer.Details.Name, strings.Join(causes, ", "))
}

// leftOut replaces a value.
const leftOut = "(left out)"

// redactValue replaces the value in a sentence of the form "Invalid value: VALUE: why", and its repetitions, which some formats
// have at the end. Numbers stay: ports and sizes are useful, and no secrets.
func redactValue(sentence string) string {
	problem, rest, found := strings.Cut(sentence, ": ")
	if !found || rest == "" || !strings.ContainsRune(`"{[`, rune(rest[0])) {
		return sentence
	}
	end := valueEnd(rest)
	value, why := rest[:end], rest[end:]
	return problem + ": " + leftOut + strings.ReplaceAll(why, value, leftOut)
}

// valueEnd returns the end of a text's first value, which is quoted or in JSON. It returns the end of the text if it cannot
// parse the value.
func valueEnd(text string) int {
	if text[0] == '"' {
		if quoted, err := strconv.QuotedPrefix(text); err == nil {
			return len(quoted)
		}
		return len(text)
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	var value json.RawMessage
	if err := decoder.Decode(&value); err != nil {
		return len(text)
	}
	return int(decoder.InputOffset())
}

// holdsData reports whether objects of a kind hold arbitrary data, which a denial may quote. Every reader of namespaces sees
// the first error in a condition.
func holdsData(kind schema.GroupKind) bool {
	return kind.Group == "" && (kind.Kind == "Secret" || kind.Kind == "ConfigMap")
}

// cutDenial cuts a message before the explanation of a webhook's or a policy's denial, which may quote the object.
func cutDenial(kind, message string) string {
	for _, denial := range []string{"denied the request", "denied request"} {
		if i := strings.Index(message, denial); i >= 0 {
			return fmt.Sprintf("%s (why is left out: it may quote the %s; a server-side dry run shows it)", message[:i+len(denial)], kind)
		}
	}
	return message
}
