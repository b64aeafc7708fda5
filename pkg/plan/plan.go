package plan

import (
	"errors"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/transform"
	"seedbed.dev/seedbed/pkg/values"
)

// ErrSourceNamespace is the error of a source namespace that the backup lacks, or that is not named although the backup holds
// several.
var ErrSourceNamespace = errors.New("source namespace")

// ErrContent is the error of stored content that cannot be used: it is missing, damaged, no archive, or has another digest.
var ErrContent = errors.New("backup content")

// IsPermanent reports whether an error is about the request or the content, so that a retry cannot help.
func IsPermanent(err error) bool {
	return errors.Is(err, ErrContent) || errors.Is(err, ErrSourceNamespace) || errors.Is(err, ErrSelection) || errors.Is(err, ErrValues)
}

// Plan is a backup, ready to be written into any namespace. It is immutable, and all Baselines of the backup share its content.
type Plan struct {
	Spec Spec
	// Source is the namespace that was backed up.
	Source string

	// warnings about objects are the same for every namespace.
	warnings v1alpha1.MessageList

	labels, annotations map[string]string // of the source namespace

	stages      [][]manifest.Object
	podDefaults map[string]v1alpha1.PodDefaults // by key, of the objects that make admission change Pods
	skipped     []string
	// skipReasons has a clause for each of skipped.
	skipReasons map[string]string
	size        int64
	resources   map[schema.GroupKind]schema.GroupResource
	inventory   *transform.Inventory
	// rules are those of the spec; nil without rules. values and includes are the parts that concern an object, by key.
	rules    *values.Rules
	values   map[string]*objectValues
	includes map[string][]*values.Rule
	// placeholder is the name in the backup's own values.
	placeholder string
	// valuesHash, excluded and failures are those of a bound plan.
	valuesHash string
	excluded   []string
	failures   map[string]error
	// contentDigest is of the objects, as Revision has it.
	contentDigest string
	// shared is the plan that this one shares its content with. The reference keeps that one counted among those in use.
	shared *Plan
}

// withSpec returns the plan for another Baseline of the same content.
func (p *Plan) withSpec(spec Spec) *Plan {
	other := *p
	other.Spec, other.shared = spec, p
	return &other
}

// Stages returns the objects in the order in which they are written. Objects of one stage may be written in any order. Callers
// must not change them.
func (p *Plan) Stages() [][]manifest.Object { return p.stages }

// Len returns the number of objects that a namespace gets.
func (p *Plan) Len() int {
	count := 0
	for _, stage := range p.stages {
		count += len(stage)
	}
	return count
}

// Find returns the object of that key, if a namespace gets it.
func (p *Plan) Find(key string) (manifest.Object, bool) {
	return findSorted(p.stages, key, func(object manifest.Object) string { return object.Key })
}

// Holds reports whether a namespace gets the object of that key.
func (p *Plan) Holds(key string) bool {
	_, found := p.Find(key)
	return found
}

// isInBackup reports whether the backup has an object of that key, restored or left out.
func (p *Plan) isInBackup(key string) bool {
	_, skipped := p.skipReasons[key]
	return skipped || p.Holds(key)
}

// Skipped returns the keys of the objects that the rules leave out, sorted.
func (p *Plan) Skipped() []string { return p.skipped }

// SkipReason returns a clause that explains why an object is skipped.
func (p *Plan) SkipReason(key string) string { return p.skipReasons[key] }

// Warnings returns the warnings found while compiling, bounded, and counts the others.
func (p *Plan) Warnings() (warnings []string, omitted int) {
	return p.warnings.Kept(), p.warnings.Omitted()
}

// Size returns about how many bytes the plan takes in memory.
func (p *Plan) Size() int64 { return p.size }

// Labels returns the source namespace's labels whose keys match a pattern and may be copied.
func (p *Plan) Labels(patterns []string) map[string]string {
	return transform.SelectMetadata(p.labels, patterns)
}

// Annotations returns the source namespace's annotations whose keys match a pattern and may be copied.
func (p *Plan) Annotations(patterns []string) map[string]string {
	return transform.SelectMetadata(p.annotations, patterns)
}

// Normalize removes from a live object the fields that the plan's rules never write.
func (p *Plan) Normalize(live *unstructured.Unstructured) {
	kind := live.GroupVersionKind().GroupKind()
	transform.Normalize(transform.Object{Resource: p.resources[kind], Content: live}, p.inventory)
}

// Guarded reports whether every object that guards or feeds Pods is restored, given the pending keys: only workloads may be
// pending. Custom resources and the namespace's own metadata count as guards, because they may be.
func (p *Plan) Guarded(pending []string) bool {
	if len(pending) == 0 {
		return true
	}
	workloads := map[string]bool{}
	for _, stage := range p.stages {
		for _, object := range stage {
			if transform.StageOf(object.Kind.GroupKind()) == transform.StageWorkloads {
				workloads[object.Key] = true
			}
		}
	}
	return !slices.ContainsFunc(pending, func(key string) bool { return !workloads[key] })
}
