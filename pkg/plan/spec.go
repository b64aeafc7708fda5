package plan

import (
	"cmp"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/values"
)

// Spec identifies a plan: its content, and the rules that compile it. Equal specs give equal plans.
type Spec struct {
	// Backup and Digest name the stored content.
	Backup, Digest string
	// Source is the namespace of the backup to restore; empty if the backup holds just one.
	Source string
	// Baseline is the Baseline that restores the plan; empty for a restore by hand.
	Baseline string
	// Selection is the part of the backup to restore by hand.
	Selection Selection
	// Text maps DNS names in the text of ConfigMaps and Secrets too.
	Text bool
	// Values are the rules for values and include, as package values encodes them; empty without rules.
	Values string
}

// NewSpec returns the plan of a Baseline's spec for the content of a backup.
func NewSpec(baseline *v1alpha1.Baseline, backup, digest string) Spec {
	return Spec{
		Backup: backup, Digest: digest, Source: baseline.Spec.SourceNamespace, Baseline: baseline.Name,
		Text: baseline.Spec.Mapping == v1alpha1.MappingReferencesAndText, Values: values.Encode(&baseline.Spec.BaselineRules),
	}
}

// SpecOf returns the plan of a Baseline's revision. A record from before there were revisions has no mapping: it gets that of the
// Baseline. A revision that the history does not have any more gets the present rules for values.
func SpecOf(baseline *v1alpha1.Baseline, revision v1alpha1.RevisionContent) Spec {
	mapping := cmp.Or(revision.Mapping, baseline.Spec.Mapping)
	return Spec{
		Backup: revision.Backup, Digest: revision.Digest, Source: revision.SourceNamespace, Baseline: baseline.Name,
		Text: mapping == v1alpha1.MappingReferencesAndText, Values: values.Encode(baseline.RulesOf(revision)),
	}
}

// Labels returns the labels of the objects that the plan's restores write.
func (s Spec) Labels() manifest.Labels {
	labels := map[string]string{v1alpha1.LabelBackup: s.Backup}
	if s.Baseline != "" {
		labels[v1alpha1.LabelBaseline] = s.Baseline
	}
	return manifest.NewLabels(labels).WithOwner(v1alpha1.LabelBaseline)
}

// ProtectedLabels returns the labels of those objects that are protected.
func (s Spec) ProtectedLabels() manifest.Labels {
	return s.Labels().With(v1alpha1.LabelProtected, s.Baseline)
}

// withoutBaseline returns the part of a spec that decides how a backup is compiled. The Baseline is only a label, which is
// encoded when an object is written.
func (s Spec) withoutBaseline() Spec {
	s.Baseline = ""
	return s
}
