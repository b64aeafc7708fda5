package offline

import (
	"context"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/json"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply/merge"
	"seedbed.dev/seedbed/pkg/cli/resource"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/values"
)

// population is the state of a namespace while its baselines are restored.
type population struct {
	*suite
	namespace *corev1.Namespace
	// excluded reports that the namespace is one of those that no baseline populates.
	excluded  bool
	refusals  []policy.Refusal
	baselines []restored
	// objects are in the order in which they are created.
	objects []*heldObject
	held    map[string]*heldObject // by key
}

// heldObject is an object of the namespace, and the last baseline that wrote it.
type heldObject struct {
	content  *unstructured.Unstructured
	baseline string
	required bool
}

// restored is a baseline that the namespace got.
type restored struct {
	choice              policy.Choice
	spec                *v1alpha1.BaselineSpec
	plan                *plan.Plan        // bound to the namespace
	labels, annotations map[string]string // copied to the namespace
	unchanged           []string
	updated, kept       map[string]string // the reasons, by key
}

// populate returns a new namespace as the controller leaves it.
func (s *suite) populate(ctx context.Context, namespace *corev1.Namespace) (*population, error) {
	p := &population{suite: s, namespace: namespace, held: map[string]*heldObject{}}
	if p.excluded = policy.Excluded(namespace.Name, resource.DefaultNamespace); p.excluded {
		return p, nil
	}
	for {
		decision := s.decider.Decide(namespace, true)
		p.refusals = decision.Refusals
		missing := slices.DeleteFunc(decision.Choices, p.isRestored)
		if len(missing) == 0 {
			return p, nil
		}
		// Copied labels may match the selectors of other baselines, so the controller decides again, and so does this loop.
		for _, choice := range missing {
			if err := p.restore(ctx, choice); err != nil {
				return nil, fmt.Errorf("baseline %s: %w", choice.Baseline, err)
			}
		}
	}
}

func (p *population) isRestored(choice policy.Choice) bool {
	return slices.ContainsFunc(p.baselines, func(r restored) bool { return r.choice.Baseline == choice.Baseline })
}

// restore writes the objects of a baseline into the namespace.
func (p *population) restore(ctx context.Context, choice policy.Choice) error {
	r := restored{
		choice: choice, spec: &p.suite.baselines[choice.Baseline].Spec, plan: p.plans[choice.Baseline],
		updated: map[string]string{}, kept: map[string]string{},
	}
	r.labels, r.annotations = r.plan.MissingMetadata(p.namespace, r.spec.NamespaceMetadata, choice.Required)
	for key, value := range r.labels {
		setLabel(p.namespace, key, value)
	}
	if len(r.annotations) > 0 {
		annotations := maps.Clone(p.namespace.Annotations)
		if annotations == nil {
			annotations = map[string]string{}
		}
		maps.Copy(annotations, r.annotations)
		p.namespace.Annotations = annotations
	}
	r.plan = r.plan.Bind(ctx, values.NewTarget(p.namespace))
	for _, stage := range r.plan.Stages() {
		for i := range stage {
			if r.plan.Failure(stage[i].Key) != nil {
				continue
			}
			if err := p.write(&r, &stage[i]); err != nil {
				return err
			}
		}
	}
	p.baselines = append(p.baselines, r)
	return nil
}

// write writes an object of a baseline, or keeps the one that is there, by the rules of a restore.
func (p *population) write(r *restored, object *manifest.Object) error {
	marks := r.marks(object)
	desired := &unstructured.Unstructured{}
	if err := json.Unmarshal(object.Body.Encode(object.Kind.GroupVersion(), p.namespace.Name, marks), &desired.Object); err != nil {
		return fmt.Errorf("reading back %s: %w", object.Key, err)
	}
	there, found := p.held[object.Key]
	if !found {
		desired.SetNamespace(p.namespace.Name)
		p.held[object.Key] = &heldObject{content: desired, baseline: r.choice.Baseline, required: r.choice.Required}
		p.objects = append(p.objects, p.held[object.Key])
		return nil
	}
	update, isServiceAccount := r.spec.ExistingResourcesPolicy() == v1alpha1.ExistingResourcesUpdate, object.Kind.GroupKind() == serviceAccount
	written := r.mergeInto(there.content, desired, marks, update)
	switch {
	case merge.Equal(written, there.content):
		r.unchanged = append(r.unchanged, object.Key)
	case !isServiceAccount && (there.required || !r.choice.Required):
		r.kept[object.Key] = fmt.Sprintf("belongs to the baseline %q, and its content differs", there.baseline)
	case !isServiceAccount && !update:
		r.kept[object.Key] = "was already there and differs"
	default:
		r.updated[object.Key] = fmt.Sprintf("was brought by the baseline %q", there.baseline)
		merge.AddLabels(written, marks.Values())
		*there = heldObject{content: written, baseline: r.choice.Baseline, required: r.choice.Required}
	}
	return nil
}

var serviceAccount = schema.GroupKind{Kind: "ServiceAccount"}

// mergeInto returns the object to write over the one that is there.
func (r *restored) mergeInto(there, desired *unstructured.Unstructured, marks manifest.Labels, update bool) *unstructured.Unstructured {
	if there.GroupVersionKind().GroupKind() == serviceAccount {
		return merge.ServiceAccount(there, desired, marks.Values(), update)
	}
	normalized := there.DeepCopy()
	r.plan.Normalize(normalized)
	return merge.Update(there, normalized, desired, marks.Values())
}

// marks returns the labels that a restore adds to an object.
func (r *restored) marks(object *manifest.Object) manifest.Labels {
	if r.spec.Protects(object.Kind.GroupKind(), object.Name) {
		return r.plan.Spec.ProtectedLabels()
	}
	return r.plan.Spec.Labels()
}
