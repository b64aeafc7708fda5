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

// manyWarnings returns ConfigMaps with keys that name the source namespace.
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

func TestWarningsAreBoundedInPlansAndResults(t *testing.T) {
	const objects, keys = 3, 2000
	plan := samplePlan(t, manyWarnings(objects, keys))
	if kept, omitted := plan.Warnings(); len(kept)+omitted != objects*keys || len(kept) != v1alpha1.MaxMessages {
		t.Fatalf("%d warnings are kept, and %d omitted", len(kept), omitted)
	}
	runner := &Runner{Client: fakeNamespaces{}, Plans: fakePlans{plan}, Applier: fakeApplier{}, Parallelism: 1}
	outcome, err := runner.Execute(t.Context(), taskFor("bar"))
	if err != nil {
		t.Fatal(err)
	}
	result := outcome.Result
	if result.WarningCount != objects*keys || len(result.Warnings) != v1alpha1.MaxMessages {
		t.Errorf("a result has %d of %d warnings", len(result.Warnings), result.WarningCount)
	}
	if !slices.IsSorted(result.Warnings) || !strings.HasPrefix(result.Warnings[0], `configmaps/warns-00: data.key00000: `) {
		t.Errorf("the first warnings are %q", result.Warnings[:3])
	}
}

// fakeApplier creates every object at once.
type fakeApplier struct{ Applier }

func (fakeApplier) Apply(_ context.Context, _ apply.Target, object manifest.Object) apply.Change {
	return apply.Change{Key: object.Key, Result: apply.Created}
}
