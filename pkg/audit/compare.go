package audit

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/plan"
)

// Inspector compares objects; pkg/apply implements it.
type Inspector interface {
	Inspect(ctx context.Context, target apply.Target, object manifest.Object, inspection apply.Inspection) apply.Drift
}

// Comparer compares single namespaces when they are asked about, by the decisions of an audit. Unlike an Auditor it reads each object,
// and remembers none. It is safe for concurrent use.
type Comparer struct {
	Plans   Plans
	Objects Inspector
	Records Records
}

// Comparison is the result of comparing a namespace.
type Comparison struct {
	// Plan has the objects that the namespace was compared with.
	Plan *plan.Plan
	// Compared is the number of objects that were compared.
	Compared int
	// Differences are the objects that differ, sorted by key.
	Differences []Difference
	// NotCompared are the objects that may differ, each with the reason: first those that could not be read, then sorted by key.
	NotCompared []v1alpha1.ObjectResult
}

// Difference is an object that differs, with the one that the baseline would write.
type Difference struct {
	Object
	// Fields are JSON pointers to those that differ, in which items of lists are named; none if the object is missing.
	Fields []string
	// Manifest is the object to write, in Version.
	Manifest manifest.Object
	Version  schema.GroupVersion
}

// CompareHeld compares a holder with the revision that it holds: the differences are those that an audit finds.
func (c *Comparer) CompareHeld(ctx context.Context, holder Holder) (*Comparison, error) {
	whole, err := c.Records.Read(ctx, holder.Namespace, holder.Baseline.Name)
	if err != nil {
		return nil, err
	}
	if whole == nil || whole.ResourceVersion != holder.Record.ResourceVersion {
		return nil, errOutdated
	}
	kept := newKeptObjects(whole)
	return c.compare(ctx, holder, holder.spec(), &kept, true)
}

// neverWritten is a time before each write, so that the managers of an object prove nothing and its values decide.
var neverWritten = time.Unix(1, 0)

// CompareContent compares a namespace with another content than it holds, or if it holds none. The values alone decide: those of
// the revision that it holds were written by Seedbed, and differ all the same.
func (c *Comparer) CompareContent(ctx context.Context, holder Holder, spec plan.Spec) (*Comparison, error) {
	holder.WrittenAt = neverWritten
	return c.compare(ctx, holder, spec, &keptObjects{}, false)
}

// compareParallelism bounds the objects of a namespace that are compared at a time.
const compareParallelism = 4

// compare compares a namespace with a plan. isHeld reports that it is the one that the record is of.
func (c *Comparer) compare(ctx context.Context, holder Holder, spec plan.Spec, kept *keptObjects, isHeld bool) (*Comparison, error) {
	compiled, err := c.Plans.Get(ctx, spec)
	if err != nil {
		return nil, err
	}
	state := &holderState{Holder: holder, expectation: newExpectation(compiled)}
	state.setValues(ctx, isHeld)
	drifts := make([]apply.Drift, len(state.objects))
	group, comparing := errgroup.WithContext(ctx)
	group.SetLimit(compareParallelism)
	result := &Comparison{Plan: compiled}
	for i := range state.objects {
		object := state.object(ctx, i)
		if state.isLeftOut(i) {
			continue
		}
		if reason := state.exemption(object, kept); reason.Result != "" {
			result.NotCompared = append(result.NotCompared, reason)
			continue
		}
		result.Compared++
		group.Go(func() error {
			drifts[i] = c.Objects.Inspect(comparing, state.target(), *object, state.InspectionOf(object))
			return comparing.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i := range state.objects {
		if !state.isLeftOut(i) {
			result.add(state, state.object(ctx, i), &drifts[i], kept)
		}
	}
	slices.SortFunc(result.Differences, func(a, b Difference) int { return strings.Compare(a.Object.Object, b.Object.Object) })
	slices.SortFunc(result.NotCompared, compareNotCompared)
	return result, nil
}

// compareNotCompared orders failures first: they are kept if there is no room for all.
func compareNotCompared(a, b v1alpha1.ObjectResult) int {
	if isFailed := a.Result == v1alpha1.ResultFailed; isFailed != (b.Result == v1alpha1.ResultFailed) {
		if isFailed {
			return -1
		}
		return 1
	}
	return strings.Compare(a.Object, b.Object)
}

// exemption returns the reason why an object is not compared; it has no result if it is.
func (h *holderState) exemption(object *manifest.Object, kept *keptObjects) v1alpha1.ObjectResult {
	switch {
	case Ignored(h.Baseline.Spec.DriftIgnore).isIgnored(object):
		return v1alpha1.ObjectResult{Object: object.Key, Result: v1alpha1.ResultSkipped, Reason: "spec.driftIgnore lets it differ"}
	case kept.kept.Has(object.Key):
		return v1alpha1.ObjectResult{Object: object.Key, Result: v1alpha1.ResultKept, Reason: "the restore or the last update left it alone"}
	default:
		return v1alpha1.ObjectResult{}
	}
}

// add adds an object that was compared.
func (c *Comparison) add(holder *holderState, object *manifest.Object, drift *apply.Drift, kept *keptObjects) {
	isUnseen := drift.State == apply.DriftMissing || drift.State == apply.DriftDisowned
	switch {
	case drift.Err != nil:
		c.Compared--
		c.NotCompared = append(c.NotCompared, v1alpha1.ObjectResult{Object: object.Key, Result: v1alpha1.ResultFailed, Reason: v1alpha1.Cut(drift.Err.Error())})
	case isUnseen && !kept.isExpected(object.Key, holder.isRequired()):
		c.Compared--
	case isDrift(drift.State, holder.isRequired()):
		c.Differences = append(c.Differences, Difference{
			Object: newObject(object.Key, *drift), Fields: differingFields(drift), Manifest: *object, Version: drift.Version,
		})
	case drift.State == apply.DriftDisowned:
		c.Compared--
		c.NotCompared = append(c.NotCompared, newObject(object.Key, *drift).ObjectResult)
	}
}

// differingFields returns the pointers to the fields of a drift. The label of the baseline is one of a disowned object.
func differingFields(drift *apply.Drift) []string {
	var pointers []string
	if drift.State == apply.DriftDisowned {
		pointers = append(pointers, "/metadata/labels"+manifest.Pointer(v1alpha1.LabelBaseline))
	}
	for _, path := range drift.Fields {
		pointers = append(pointers, pointerOf(path))
	}
	return pointers
}
