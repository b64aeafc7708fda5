package diff

import (
	"context"
	"fmt"

	"github.com/aymanbagabas/go-udiff"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// report is the result of the command, as -o json prints it.
type report struct {
	Namespace string `json:"namespace"`
	Baseline  string `json:"baseline"`
	Backup    string `json:"backup"`
	// Compare is Held or Backup.
	Compare     v1alpha1.PreviewComparison `json:"compare"`
	Objects     int32                      `json:"objects"`
	Changed     int32                      `json:"changed"`
	Missing     int32                      `json:"missing"`
	Disowned    int32                      `json:"disowned"`
	Differences []difference               `json:"differences"`
	NotCompared []difference               `json:"notCompared"`
	// omitted counts those of NotCompared that the answer has no room for.
	omitted int32
}

// difference is an object that differs, or may.
type difference struct {
	Object string          `json:"object"`
	Result v1alpha1.Result `json:"result"`
	Reason string          `json:"reason,omitempty"`
	Fields []string        `json:"fields,omitempty"`
	// Diff is the unified diff; empty if the object cannot be shown.
	Diff string `json:"diff,omitempty"`
}

func newDifference(result v1alpha1.ObjectResult) difference {
	return difference{Object: result.Object, Result: result.Result, Reason: result.Reason}
}

// differs reports whether an object differs.
func (r *report) differs() bool { return r.Changed+r.Missing+r.Disowned > 0 }

// countOf returns the count of the differences of a result.
func (r *report) countOf(result v1alpha1.Result) *int32 {
	switch result {
	case v1alpha1.ResultMissing:
		return &r.Missing
	case v1alpha1.ResultDisowned:
		return &r.Disowned
	default:
		return &r.Changed
	}
}

// newReport returns the report of an answer, with the live objects, and an error for each object that could not be compared, or
// differs and cannot be shown.
func newReport(ctx context.Context, reader *live, answer *v1alpha1.BaselinePreview) (*report, []error) {
	compared, spec := answer.Status.Comparison, &answer.Spec
	r := &report{
		Namespace: spec.Namespace, Baseline: spec.Baseline, Backup: spec.Backup, Compare: spec.Compare, Objects: compared.Objects,
		Changed: compared.Changed, Missing: compared.Missing, Disowned: compared.Disowned, omitted: compared.NotComparedOmitted,
		Differences: []difference{}, NotCompared: []difference{},
	}
	var problems []error
	for i := range compared.Differences {
		found := &compared.Differences[i]
		shown := newDifference(found.Result)
		shown.Fields = found.Fields
		var err error
		shown.Diff, err = diffObject(ctx, reader, spec, found)
		switch {
		case err != nil:
			problems = append(problems, fmt.Errorf("%s differs and is not shown: %w", shown.Object, err))
		case shown.Diff == "": // it was put back since the controller compared it
			*r.countOf(shown.Result)--
			continue
		}
		r.Differences = append(r.Differences, shown)
	}
	for _, result := range compared.NotCompared {
		if result.Result == v1alpha1.ResultFailed {
			problems = append(problems, fmt.Errorf("%s could not be compared: %s", result.Object, result.Reason))
		}
		r.NotCompared = append(r.NotCompared, newDifference(result))
	}
	if omitted := compared.DifferencesOmitted; omitted > 0 {
		problems = append(problems, fmt.Errorf("%d more objects differ and are not shown: the answer has no room for them", omitted))
	}
	return r, problems
}

// diffObject returns the unified diff of an object.
func diffObject(ctx context.Context, reader *live, spec *v1alpha1.BaselinePreviewSpec, found *v1alpha1.ObjectDifference) (string, error) {
	if found.Object == nil {
		return "", fmt.Errorf("the answer has no room for it (%s)", found.Result)
	}
	baseline := &unstructured.Unstructured{}
	// Whole numbers stay whole; encoding/json would round them beyond 2^53.
	if err := utiljson.Unmarshal(found.Object.Raw, &baseline.Object); err != nil {
		return "", fmt.Errorf("read the preview of namespace %q: %w", spec.Namespace, err)
	}
	current, err := reader.read(ctx, found.Result.Object, baseline)
	if err != nil {
		return "", err
	}
	both := newSides(current, baseline, found.Fields)
	before, after, err := both.encode()
	if err != nil {
		return "", err
	}
	name := spec.Namespace + "/" + found.Result.Object
	from, to := name+" (live)", fmt.Sprintf("%s (%s)", name, title(spec))
	if both.live == nil {
		from = "/dev/null"
	}
	return udiff.Unified(from, to, before, after), nil
}
