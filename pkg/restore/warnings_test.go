package restore

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// manyWarnings has so many ConfigMaps with so many keys that name the source namespace.
func manyWarnings(objects, keys int) map[string]string {
	out := map[string]string{}
	for number := range objects {
		var data strings.Builder
		for key := range keys {
			fmt.Fprintf(&data, `,"key%05d":"namespace: foo"`, key)
		}
		name := fmt.Sprintf("warns-%02d", number)
		out["configmaps/foo/"+name] = fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":%q,"namespace":"foo"},"data":{%s}}`, name, data.String()[1:])
	}
	return out
}

func TestWarningsAreBoundedWhenAPlanIsMade(t *testing.T) {
	const objects, keys = 3, 2000
	plan := samplePlan(t, manyWarnings(objects, keys))
	if kept, omitted := plan.Warnings(); len(kept)+omitted != objects*keys || len(kept) != v1alpha1.MaxMessages {
		t.Fatalf("%d warnings are kept, and %d omitted", len(kept), omitted)
	}
	outcome := (&Runner{Applier: made{}, Parallelism: 1}).Run(t.Context(), Request{Namespace: "bar", Plan: plan, Alive: func() bool { return true }})
	if len(outcome.Warnings)+outcome.OmittedWarnings != objects*keys || len(outcome.Warnings) != v1alpha1.MaxMessages {
		t.Errorf("an outcome has %d warnings and omits %d", len(outcome.Warnings), outcome.OmittedWarnings)
	}
	if !slices.IsSorted(outcome.Warnings) || !strings.HasPrefix(outcome.Warnings[0], `configmaps/warns-00: data.key00000: `) {
		t.Errorf("the first warnings are %q", outcome.Warnings[:3])
	}
}

// made makes every object at once.
type made struct{ Applier }

func (made) Apply(_ context.Context, _ apply.Target, object manifest.Object) apply.Change {
	return apply.Change{Key: object.Key, Result: apply.Created}
}
