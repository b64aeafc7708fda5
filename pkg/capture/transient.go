package capture

import (
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"seedbed.dev/seedbed/pkg/archive"
	"seedbed.dev/seedbed/pkg/internal/apierr"
)

var (
	// errSelector reports that a label selector does not parse.
	errSelector = errors.New("labelSelector does not parse")
	// errIncomplete reports that a transient error kept objects out of a backup.
	errIncomplete = errors.New("not everything could be listed")
)

// IsAboutSelection reports whether an error lies in a backup's selection and stays until that is changed. Every other error may
// pass by itself.
func IsAboutSelection(err error) bool {
	return errors.Is(err, archive.ErrLimit) || errors.Is(err, errSelector)
}

// isTransient reports whether a request may succeed a moment later, one whose answer was cut included.
func isTransient(err error) bool { return errors.Is(err, errCut) || apierr.IsTransient(err) }

// failBecause adds an error to the result, and remembers whether it may pass. A list that expired again while it was begun anew
// may be quicker the next time.
func (r *run) failBecause(err error, format string, args ...any) {
	r.transient = r.transient || isTransient(err) || apierrors.IsResourceExpired(err) || apierrors.IsGone(err)
	r.fail(format, args...)
}

// incomplete returns the error of a result that lacks objects because of a transient error; nil if it lacks none.
func (r *Result) incomplete() error {
	if !r.Transient {
		return nil
	}
	return fmt.Errorf("%w: %s", errIncomplete, r.Errors[0])
}
