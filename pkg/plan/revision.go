package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"slices"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Revision identifies the intent and the content of a plan. Two of them can be compared without the plans.
type Revision struct {
	// Hash is of the intent: digest, source namespace, mapping, patterns of copied metadata and rules, in 16 hexadecimal digits. It
	// must be the same in every version of Seedbed, because an upgrade would outdate every holder otherwise.
	Hash string
	// ContentDigest is of the objects after cleaning and mapping, and of the copied metadata. It depends on Seedbed's rules, and
	// on no field that they remove.
	ContentDigest string
}

// Revision returns the revision of the plan where the given metadata of the source namespace is copied too; nil copies none.
func (p *Plan) Revision(metadata *v1alpha1.NamespaceMetadata) Revision {
	if metadata == nil {
		metadata = &v1alpha1.NamespaceMetadata{}
	}
	intent := newDigest()
	intent.add(p.Spec.Digest, p.Source, fmt.Sprint(p.Spec.Text))
	intent.add(sorted(metadata.Labels)...)
	intent.add(sorted(metadata.Annotations)...)
	if p.Spec.Values != "" { // a revision without rules keeps the hash that it had before there were any
		intent.add(p.Spec.Values)
	}
	content := newDigest()
	content.add(p.contentDigest)
	content.addMap(p.Labels(metadata.Labels))
	content.addMap(p.Annotations(metadata.Annotations))
	if p.Spec.Values != "" {
		content.add(p.Spec.Values)
	}
	return Revision{Hash: intent.hex()[:revisionHashDigits], ContentDigest: "sha256:" + content.hex()}
}

// RevisionContent returns the revision of the plan, as records and histories have it.
func (p *Plan) RevisionContent(metadata *v1alpha1.NamespaceMetadata) v1alpha1.RevisionContent {
	revision := p.Revision(metadata)
	mapping := v1alpha1.MappingReferences
	if p.Spec.Text {
		mapping = v1alpha1.MappingReferencesAndText
	}
	return v1alpha1.RevisionContent{
		Hash: revision.Hash, Backup: p.Spec.Backup, Digest: p.Spec.Digest, SourceNamespace: p.Spec.Source, Mapping: mapping,
		ContentDigest: revision.ContentDigest, ValuesHash: p.valuesHash,
		LeftOut: p.excluded[:min(len(p.excluded), v1alpha1.MaxLeftOut)],
	}
}

// revisionHashDigits is the length of Revision.Hash.
const revisionHashDigits = 16

// digestObjects returns the digest of the plan's objects. Neither the labels that a restore adds nor the order of the archive
// count.
func (p *Plan) digestObjects() string {
	all := newDigest()
	for _, stage := range p.stages {
		for i := range stage {
			all.add(stage[i].Key, stage[i].Kind.String())
			stage[i].Body.Hash(all.hash)
		}
	}
	return all.hex()
}

// digest hashes lists of strings. Lengths keep the strings apart.
type digest struct{ hash hash.Hash }

func newDigest() digest { return digest{sha256.New()} }

func (d digest) add(values ...string) {
	d.hash.Write(fmt.Appendf(nil, "%d;", len(values)))
	for _, value := range values {
		d.hash.Write(fmt.Appendf(nil, "%d:%s", len(value), value))
	}
}

func (d digest) addMap(values map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		d.add(key, values[key])
	}
	d.add()
}

func (d digest) hex() string { return hex.EncodeToString(d.hash.Sum(nil)) }

func sorted(values []string) []string { return slices.Sorted(slices.Values(values)) }
