package apply

import (
	"regexp"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// quotaName finds the quota in "exceeded quota: NAME, requested: …" and in "failed quota: NAME: must specify …".
var quotaName = regexp.MustCompile(`(?:exceeded|failed) quota: ([a-z0-9][-a-z0-9.]*)`)

// QuotaOf returns the name of the ResourceQuota that refused an object; empty if the error is another one. The API server gives that
// refusal no reason of its own, so the text decides.
func QuotaOf(err error) string {
	if !apierrors.IsForbidden(err) {
		return ""
	}
	if found := quotaName.FindStringSubmatch(err.Error()); found != nil {
		return found[1]
	}
	return ""
}
