package restore

import (
	"context"
	"errors"
	"fmt"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/plan"
)

func TestUpdateRefusedByAQuota(t *testing.T) {
	exceeded := func(quota string) error {
		return apierrors.NewForbidden(schema.GroupResource{Resource: "services"}, "web", errors.New("exceeded quota: "+quota+", requested: services.nodeports=1"))
	}
	compiled := samplePlan(t, map[string]string{
		"resourcequotas/foo/limits": `{"apiVersion":"v1","kind":"ResourceQuota","metadata":{"name":"limits","namespace":"foo"}}`,
	})
	for name, test := range map[string]struct {
		err  error
		want apply.Result
	}{
		"the tenant's own":           {err: exceeded("small"), want: apply.Kept},
		"the backup's":               {err: exceeded("limits"), want: apply.Failed},
		"another refusal":            {err: errors.New("no"), want: apply.Failed},
		"deleted to be created anew": {err: fmt.Errorf("%w: %w", apply.ErrNotRecreated, exceeded("small")), want: apply.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			moving := &transition{Transition: &Transition{}, deltas: []*plan.Delta{{}}, to: compiled}
			write := moving.writer(nil, func(context.Context, apply.Target, manifest.Object, apply.Earlier) apply.Change {
				return apply.Change{Key: "services/web", Result: apply.Failed, Err: test.err}
			})
			got := write(t.Context(), apply.Target{}, manifest.Object{Key: "services/web"})
			if got.Result != test.want || (got.Err == nil) != (test.want == apply.Kept) {
				t.Errorf("%s, error %v, want %s", got.Result, got.Err, test.want)
			}
		})
	}
}
