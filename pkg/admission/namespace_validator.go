package admission

import (
	"cmp"
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
)

// Hints receives the namespaces whose creation was allowed.
type Hints interface {
	// Enqueue must not block. The namespace is not persisted yet, and may never be.
	Enqueue(namespace string, uid types.UID)
}

// NamespaceValidator serves choose.seedbed.dev, for requests that set a key of group seedbed.dev, and populate.seedbed.dev,
// for all other creations of namespaces. It enqueues created namespaces, and checks the conditions that an admission policy
// cannot: the name exists, the Baseline allows the namespace, the key has a meaning. It does not authorize: a review can be
// forged by any client of the port, so it makes no access review, and a denial contains no name that the request does not.
type NamespaceValidator struct {
	Baselines Baselines
	Hints     Hints
	// OwnNamespace is where Seedbed runs; it is excluded, as the system's are.
	OwnNamespace string
}

// ValidateCreate implements [admission.Validator].
func (v *NamespaceValidator) ValidateCreate(ctx context.Context, newObj *corev1.Namespace) (admission.Warnings, error) {
	return v.validateChange(ctx, &namespaceChange{newObj: newObj})
}

// ValidateUpdate implements [admission.Validator].
func (v *NamespaceValidator) ValidateUpdate(ctx context.Context, oldObj, newObj *corev1.Namespace) (admission.Warnings, error) {
	return v.validateChange(ctx, &namespaceChange{newObj: newObj, oldObj: oldObj})
}

// ValidateDelete implements [admission.Validator].
func (v *NamespaceValidator) ValidateDelete(context.Context, *corev1.Namespace) (admission.Warnings, error) {
	return nil, nil
}

// namespaceChange is a creation or an update of a namespace.
type namespaceChange struct {
	newObj *corev1.Namespace
	oldObj *corev1.Namespace // nil on a create
}

// chosenValue returns the annotation's value, and reports whether the request sets or changes it.
func (c *namespaceChange) chosenValue() (value string, chooses bool) {
	value, set := c.newObj.Annotations[v1alpha1.AnnotationBaseline]
	if !set || c.oldObj == nil {
		return value, set
	}
	oldValue, wasSet := c.oldObj.Annotations[v1alpha1.AnnotationBaseline]
	return value, !wasSet || oldValue != value
}

func (v *NamespaceValidator) validateChange(ctx context.Context, change *namespaceChange) (admission.Warnings, error) {
	warnings := keyWarnings(change)
	value, chooses := change.chosenValue()
	// A terminating namespace is not populated, and its deletion must not be blocked.
	if change.oldObj != nil && change.oldObj.DeletionTimestamp != nil {
		return warnings, nil
	}
	if policy.Excluded(change.newObj.Name, v.OwnNamespace) {
		if chooses {
			warnings = append(warnings, "annotation "+v1alpha1.AnnotationBaseline+" does nothing here: this namespace belongs to the system and is never populated")
		}
		return warnings, nil
	}
	var asked []v1alpha1.Baseline
	var err error
	if chooses {
		if asked, err = v.resolveAnnotation(ctx, value, change.newObj); isDenial(err) {
			return nil, err
		}
	}
	if ptr.Deref(requestOf(ctx).DryRun, false) {
		previewed, previewErr := v.previewChange(ctx, asked, change)
		return append(warnings, previewed...), cmp.Or(err, previewErr)
	}
	if change.oldObj == nil {
		v.Hints.Enqueue(change.newObj.Name, change.newObj.UID)
	}
	return append(warnings, notReadyWarnings(asked)...), err
}

// resolveAnnotation returns the baselines that the annotation names, or a denial if one of them would not be restored.
func (v *NamespaceValidator) resolveAnnotation(ctx context.Context, value string, namespace *corev1.Namespace) ([]v1alpha1.Baseline, error) {
	names, _, err := policy.ParseAnnotation(value)
	if err != nil {
		return nil, denyAnnotation(namespace, "%v", err)
	}
	asked := make([]v1alpha1.Baseline, 0, len(names))
	for _, name := range names {
		baseline, err := v.Baselines.Baseline(ctx, name)
		if err != nil {
			return asked, err
		}
		if baseline == nil {
			return nil, denyBaseline(namespace, name, "does not exist, or you may not use it: \"seedbed baseline get --mine\" lists those that you may")
		}
		asked = append(asked, *baseline)
	}
	if refusals := policy.Compile(asked).Decide(namespace, true).Refusals; len(refusals) > 0 {
		return nil, denyBaseline(namespace, refusals[0].Baseline, refusalPhrase(refusals[0].Reason))
	}
	return asked, nil
}

// refusalPhrase returns the end of a denial. It contains no selector of the Baseline, unlike the refusal's own message.
func refusalPhrase(reason string) string {
	switch reason {
	case v1alpha1.ReasonNotAllowed:
		return "is not for this namespace: its labels do not match spec.allowedNamespaces of the baseline"
	case v1alpha1.ReasonBaselineNotReady:
		return "allows no namespace: its spec.allowedNamespaces does not parse"
	default:
		return "is being deleted: name another one"
	}
}

func denyBaseline(namespace *corev1.Namespace, baseline, phrase string) error {
	return denyAnnotation(namespace, "annotation %s: baseline %q %s", v1alpha1.AnnotationBaseline, baseline, phrase)
}

// denyAnnotation returns a denial with the code of the admission policies, which authorize the same annotation: a name that
// does not exist reads like one that is forbidden.
func denyAnnotation(namespace *corev1.Namespace, format string, args ...any) error {
	path := field.NewPath("metadata", "annotations").Key(v1alpha1.AnnotationBaseline)
	return denyForbidden(corev1.Resource("namespaces"), namespace.Name, path, format, args...)
}

// previewChange returns a warning for each baseline that the request would restore. asked may be newer than the cache.
func (v *NamespaceValidator) previewChange(ctx context.Context, asked []v1alpha1.Baseline, change *namespaceChange) ([]string, error) {
	cached, err := v.Baselines.Baselines(ctx)
	if err != nil {
		return nil, err
	}
	baselines := slices.Clone(asked)
	for i := range cached {
		if !slices.ContainsFunc(asked, func(b v1alpha1.Baseline) bool { return b.Name == cached[i].Name }) {
			baselines = append(baselines, cached[i])
		}
	}
	return previewWarnings(baselines, change), nil
}
