package restore

import (
	"errors"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/transform"
)

// ErrSourceNamespace says that the backup holds several namespaces and none was chosen, or not the chosen one.
var ErrSourceNamespace = errors.New("source namespace")

// ErrContent says that the stored content cannot be used: it is missing, damaged, another one than was
// asked for, or not an archive.
var ErrContent = errors.New("backup content")

// Spec says which plan: the content, and the rules that it is compiled by. Equal specs give equal plans.
type Spec struct {
	// Backup and Digest name the stored content.
	Backup, Digest string
	// Source is the namespace of the backup to restore; empty when the backup holds just one.
	Source string
	// Baseline is the Baseline that restores it; empty for a restore by hand.
	Baseline string
	// Selection is the part of the backup that a restore by hand is about.
	Selection Selection
	// Text maps DNS names in the text of ConfigMaps and Secrets too.
	Text bool
}

// labels mark the objects that the plan's restores write.
func (s Spec) labels() map[string]string {
	labels := map[string]string{v1alpha1.LabelBackup: s.Backup}
	if s.Baseline != "" {
		labels[v1alpha1.LabelBaseline] = s.Baseline
	}
	return labels
}

// content returns the part of a spec that decides how a backup is compiled: the Baseline is but a label, which is written with
// each object.
func (s Spec) content() Spec {
	s.Baseline = ""
	return s
}

// Plan is a backup made ready to be written into any namespace. It is immutable, and what it holds is shared by all Baselines
// of the backup.
type Plan struct {
	Spec Spec
	// Source is the namespace that was backed up.
	Source string

	// warnings about objects, found while compiling; they are the same for every namespace.
	warnings v1alpha1.MessageList

	labels, annotations map[string]string // of the source namespace

	stages      [][]manifest.Object
	podDefaults map[string]v1alpha1.PodDefaults // by key, of those objects that make admission change Pods
	skipped     []string
	// whySkipped has a clause for each of skipped.
	whySkipped map[string]string
	size       int64
	resources  map[schema.GroupKind]schema.GroupResource
	inventory  *transform.Inventory
	// shared is the plan that this is a view of, which keeps it counted among those in use.
	shared *Plan
}

// as returns the plan for another Baseline of the same content.
func (p *Plan) as(spec Spec) *Plan {
	view := *p
	view.Spec, view.shared = spec, p
	return &view
}

// Len is how many objects a namespace gets.
func (p *Plan) Len() int {
	count := 0
	for _, stage := range p.stages {
		count += len(stage)
	}
	return count
}

// Holds says whether a namespace gets the object of that key.
func (p *Plan) Holds(key string) bool {
	return slices.ContainsFunc(p.stages, func(stage []manifest.Object) bool {
		return slices.ContainsFunc(stage, func(object manifest.Object) bool { return object.Key == key })
	})
}

// Size is about how many bytes the plan keeps in memory.
func (p *Plan) Size() int64 { return p.size }

// Labels are the source namespace's labels whose keys match a pattern and may be copied.
func (p *Plan) Labels(patterns []string) map[string]string {
	return transform.SelectMetadata(p.labels, patterns)
}

// Annotations are the source namespace's annotations whose keys match a pattern and may be copied.
func (p *Plan) Annotations(patterns []string) map[string]string {
	return transform.SelectMetadata(p.annotations, patterns)
}

// objects visits every object of the given kinds.
func (p *Plan) objects(visit func(manifest.Object), kinds ...schema.GroupKind) {
	for _, stage := range p.stages {
		for _, object := range stage {
			for _, kind := range kinds {
				if object.Kind.GroupKind() == kind {
					visit(object)
				}
			}
		}
	}
}

// normalize removes from a live object what the plan's rules never write.
func (p *Plan) normalize(live *unstructured.Unstructured) {
	kind := live.GroupVersionKind().GroupKind()
	transform.Normalize(transform.Object{Resource: p.resources[kind], Content: live}, p.inventory)
}
