package admission

import (
	"context"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
)

// Reviewer asks whether a user may do something.
type Reviewer interface {
	// Review says whether user, with its groups, uid and extra, may do what attributes say. An error means
	// that it is not known: treat it as a no.
	Review(ctx context.Context, user authenticationv1.UserInfo, attributes authorizationv1.ResourceAttributes) (allowed bool, err error)
}
