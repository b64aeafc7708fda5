package apply

import (
	"context"
	"errors"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// patch sends a JSON Patch. Each changed object of each namespace costs this one call, so it is sent like a create.
func (c *client) patch(ctx context.Context, at place, name string, body []byte) error {
	_, err := c.send(ctx, call{
		method: http.MethodPatch, at: at, name: []string{name}, header: c.patchHeader, query: c.writeQuery(false), body: body,
	})
	return err
}

// mustRead reports whether the error of a patch is a refusal, so that only the live object shows how to update it: a test failed,
// there is no such object, or the result is invalid.
func mustRead(err error) bool {
	return err != nil && (!isTransient(err) || isUndetailed(err)) && !errors.Is(err, ErrNamespaceGone)
}

// isUndetailed reports whether an error is the 500 without details by which old API servers report that a test failed; see
// kubernetes/kubernetes#68202.
func isUndetailed(err error) bool {
	var status apierrors.APIStatus
	return errors.As(err, &status) && status.Status().Code == http.StatusInternalServerError && status.Status().Details == nil
}
