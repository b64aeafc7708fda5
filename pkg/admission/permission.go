package admission

import (
	"context"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
)

// Reviewer reviews a user's access.
type Reviewer interface {
	// Review reports whether a user with these groups, uid and extra may make the request of the attributes. An error means
	// that it is not known: treat it as a no.
	Review(ctx context.Context, user authenticationv1.UserInfo, attributes authorizationv1.ResourceAttributes) (allowed bool, err error)
}
