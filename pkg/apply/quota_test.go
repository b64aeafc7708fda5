package apply

import (
	"errors"
	"fmt"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

func TestQuotaOfRefusal(t *testing.T) {
	forbidden := func(text string) error { return apierrors.NewForbidden(things, "a", errors.New(text)) }
	tests := map[string]struct {
		err  error
		want string
	}{
		"no error":              {},
		"used up":               {forbidden("exceeded quota: team.small-1, requested: pods=1, used: pods=1, limited: pods=1"), "team.small-1"},
		"wrapped":               {fmt.Errorf("writing: %w", forbidden("exceeded quota: small, requested: pods=1")), "small"},
		"a missing limit":       {forbidden("failed quota: small: must specify limits.cpu for: app"), "small"},
		"not counted yet":       {forbidden("status unknown for quota: small, resources: pods"), ""},
		"another refusal":       {forbidden("no"), ""},
		"a text that looks so":  {errors.New("exceeded quota: small, requested: pods=1"), ""},
		"a quota without name":  {forbidden("exceeded quota: "), ""},
		"a name that is no one": {forbidden("exceeded quota: -x"), ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := QuotaOf(test.err); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
