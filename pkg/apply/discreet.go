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

// discreetError is an error with another message; what it is stays what it was.
type discreetError struct {
	error
	message string
}

func (e *discreetError) Error() string { return e.message }
func (e *discreetError) Unwrap() error { return e.error }

// discreet makes an API server's error fit for a status, which more people may read than the object itself: a
// refusal quotes the values that it is about, and a password can be one. Fields and reasons stay.
func discreet(kind schema.GroupKind, err error) error {
	var status apierrors.APIStatus
	if err == nil || !errors.As(err, &status) {
		return err
	}
	said := status.Status().Message
	message := withoutValues(status)
	if holdsData(kind) {
		message = withoutDenial(kind.Kind, message)
	}
	if message == said {
		return err
	}
	return &discreetError{error: err, message: strings.Replace(err.Error(), said, message, 1)}
}

// withoutValues says which fields of an object are invalid, and why.
func withoutValues(status apierrors.APIStatus) string {
	answer := status.Status()
	if answer.Details == nil || len(answer.Details.Causes) == 0 || answer.Details.Name == "" {
		return answer.Message
	}
	causes := make([]string, 0, len(answer.Details.Causes))
	for _, cause := range answer.Details.Causes {
		if cause.Field == "" {
			return answer.Message // no list of fields
		}
		causes = append(causes, cause.Field+": "+withoutValue(cause.Message))
	}
	kind := schema.GroupKind{Group: answer.Details.Group, Kind: answer.Details.Kind}
	return fmt.Sprintf("%s %q is invalid: %s", kind, answer.Details.Name, strings.Join(causes, ", "))
}

// leftOut stands for a value.
const leftOut = "(left out)"

// withoutValue takes the value from a sentence of the form "Invalid value: VALUE: why", which for some
// formats repeats it at the end. Numbers stay: ports and sizes are worth reading, and no secrets.
func withoutValue(sentence string) string {
	problem, rest, found := strings.Cut(sentence, ": ")
	if !found || rest == "" || !strings.ContainsRune(`"{[`, rune(rest[0])) {
		return sentence
	}
	end := valueEnd(rest)
	value, why := rest[:end], rest[end:]
	return problem + ": " + leftOut + strings.ReplaceAll(why, value, leftOut)
}

// valueEnd is where a text's first value, quoted or in JSON, ends: the end of the text where that cannot be told.
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

// holdsData reports whether objects of a kind hold free data, which a denial may quote. A condition of the namespace repeats
// the first error to everybody who reads namespaces.
func holdsData(kind schema.GroupKind) bool {
	return kind.Group == "" && (kind.Kind == "Secret" || kind.Kind == "ConfigMap")
}

// withoutDenial cuts a message where a webhook or a policy of others begins to explain its denial, which may quote the object.
func withoutDenial(kind, message string) string {
	for _, denial := range []string{"denied the request", "denied request"} {
		if i := strings.Index(message, denial); i >= 0 {
			return fmt.Sprintf("%s (why is left out: it may quote the %s; a server-side dry run shows it)", message[:i+len(denial)], kind)
		}
	}
	return message
}
