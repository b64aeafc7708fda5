package output

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ErrNotInstalled is the error of every command on a cluster that does not serve Seedbed's API.
var ErrNotInstalled = errors.New("Seedbed is not installed in this cluster (no seedbed.dev API): install it with " + //nolint:staticcheck // the product's name
	"`helm install seedbed charts/seedbed -n seedbed-system --create-namespace`")

// deniedByAdmission matches the API server's prefix of a message from an admission webhook or an admission policy.
var deniedByAdmission = regexp.MustCompile(`(?s)(?:^admission webhook "[^"]*" denied the request|ValidatingAdmissionPolicy '[^']*' with binding '[^']*' denied request): (.+)$`)

// Explained is an error in words for users. errors.Is and errors.As find its cause.
type Explained struct {
	Text  string
	Cause error
}

func (e *Explained) Error() string { return e.Text }

func (e *Explained) Unwrap() error { return e.Cause }

// Explain returns an error of one line: why the cluster refused an action, and how to mend that. action completes "cannot …",
// for example `create backup "web"`.
func Explain(action string, err error) error {
	if err == nil {
		return nil
	}
	return &Explained{Text: explainError(action, err), Cause: err}
}

func explainError(action string, err error) string {
	var status apierrors.APIStatus
	var transport *url.Error
	switch {
	case errors.Is(err, context.Canceled):
		return "interrupted: cannot tell whether it was possible to " + action
	case errors.As(err, &status):
		return explainStatus(action, err, status.Status())
	case errors.As(err, &transport):
		return fmt.Sprintf("cannot reach the cluster at %s: %v: is it running, and are --kubeconfig, --context and --server the right ones?", hostOf(transport.URL), transport.Err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("cannot %s: the cluster did not answer in time", action)
	default:
		return fmt.Sprintf("cannot %s: %v", action, err)
	}
}

func explainStatus(action string, err error, status metav1.Status) string {
	if apierrors.IsInvalid(err) {
		return fmt.Sprintf("cannot %s: %s", action, joinCauses(status))
	}
	if sentence := forbiddenField(status); sentence != "" {
		return sentence
	}
	if match := deniedByAdmission.FindStringSubmatch(status.Message); match != nil {
		return match[1]
	}
	switch {
	case IsNotServed(err):
		return ErrNotInstalled.Error()
	case apierrors.IsForbidden(err):
		return fmt.Sprintf("cannot %s: %s: ask whoever administers the cluster for that permission", action, status.Message)
	case apierrors.IsUnauthorized(err):
		return fmt.Sprintf("cannot %s: the cluster does not accept your credentials: check --context, --user and --token, or log in again", action)
	case strings.Contains(status.Message, "failed calling webhook"):
		return fmt.Sprintf("cannot %s: an admission webhook does not answer: is Seedbed's controller running? See `kubectl -n seedbed-system get pods` (%s)", action, status.Message)
	default:
		return fmt.Sprintf("cannot %s: %s", action, status.Message)
	}
}

// IsNotServed reports whether the API server does not know the resource itself, rather than one object of it.
func IsNotServed(err error) bool {
	return apierrors.IsNotFound(err) && apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse)
}

// forbiddenField returns the sentence with which a webhook of Seedbed's denies a field; empty if none did.
func forbiddenField(status metav1.Status) string {
	if status.Details == nil || len(status.Details.Causes) == 0 || status.Details.Causes[0].Type != metav1.CauseTypeForbidden {
		return ""
	}
	return status.Details.Causes[0].Message
}

// joinCauses returns the invalid fields, each with its reason.
func joinCauses(status metav1.Status) string {
	if status.Details == nil || len(status.Details.Causes) == 0 {
		return status.Message
	}
	lines := make([]string, 0, len(status.Details.Causes))
	for _, cause := range status.Details.Causes {
		line := cause.Message
		if cause.Field != "" && cause.Field != "<nil>" {
			line = cause.Field + ": " + line
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "; ")
}

// hostOf returns the part of a request's address that identifies the cluster.
func hostOf(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return address
	}
	return parsed.Scheme + "://" + parsed.Host
}
