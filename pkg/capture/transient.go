package capture

import (
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"seedbed.dev/seedbed/pkg/archive"
	"seedbed.dev/seedbed/pkg/internal/apierr"
)

var (
	// errSelector means that a label selector does not parse.
	errSelector = errors.New("labelSelector does not parse")
	// errIncomplete means that a transient error kept objects out of a backup.
	errIncomplete = errors.New("not everything could be listed")
)

// IsAboutSelection reports whether the cause of an error is the backup's selection, so that it persists until that is
// changed. Every other error may be transient.
func IsAboutSelection(err error) bool {
	return errors.Is(err, archive.ErrLimit) || errors.Is(err, errSelector)
}

// isTransient reports whether a request may succeed a moment later. A response that was cut counts.
func isTransient(err error) bool { return errors.Is(err, errCut) || apierr.IsTransient(err) }

// addRequestError adds an error to the result and records whether it is transient. A list that expired after its
// restarts may be faster the next time.
func (r *captureRun) addRequestError(err error, format string, args ...any) {
	r.transient = r.transient || isTransient(err) || apierrors.IsResourceExpired(err) || apierrors.IsGone(err)
	r.addError(format, args...)
}

// incompleteError returns an error if the result lacks objects because of a transient error.
func (r *Result) incompleteError() error {
	if !r.Transient {
		return nil
	}
	return fmt.Errorf("%w: %s", errIncomplete, r.Errors[0])
}
