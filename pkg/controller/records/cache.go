package records

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"unique"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/seal"
)

// TrimCached returns the transform of cached records. It verifies the seal, which covers the whole record, removes the long
// lists and the metadata that nothing reads, and puts the verdict, the digest of the result and the time of WrittenAt in place of
// the seal. Readers of the lists read the record from the API server. An informer may call the transform again with an object that it returned: that
// one has its verdict already.
func TrimCached(sealer Sealer) func(object any) (any, error) {
	return func(object any) (any, error) {
		record, ok := object.(*v1alpha1.BaselineRecord)
		if !ok || strings.HasPrefix(record.Seal, verdictPrefix) {
			return object, nil
		}
		TrimRecord(record, sealer.Verify(record))
		return record, nil
	}
}

// TrimRecord makes a whole record one as the cache has it.
func TrimRecord(record *v1alpha1.BaselineRecord, verdict seal.Verdict) {
	result, err := seal.DigestResult(record)
	if err != nil { // impossible: it was decoded from JSON
		verdict = seal.Forged
	}
	record.Seal = CachedSeal(verdict) + verdictSeparator + string(result[:]) + encodeWritten(record)
	record.ManagedFields, record.Labels, record.Annotations = nil, nil, nil
	record.Result.TrimLists()
	record.Update.TrimLists()
	record.Drift.TrimLists()
	trimRuns(record)
	for _, text := range textsOf(record) {
		*text = unique.Make(*text).Value()
	}
}

// textsOf returns the texts that many records have in common. A cache of thousands of records holds each once.
func textsOf(record *v1alpha1.BaselineRecord) []*string {
	result := &record.Result
	texts := []*string{&result.Backup, &result.Digest, &result.SourceNamespace, &result.RevisionHash, &result.ContentDigest}
	revisions := []*v1alpha1.RevisionContent{&record.Revision}
	if record.Update != nil {
		revisions = append(revisions, &record.Update.From)
	}
	for i := range record.OwnerReferences {
		texts = append(texts, &record.OwnerReferences[i].APIVersion, &record.OwnerReferences[i].Kind)
	}
	for _, revision := range revisions {
		texts = append(texts, &revision.Backup, &revision.Digest, &revision.SourceNamespace, &revision.Hash, &revision.ContentDigest, &revision.ValuesHash)
		for i := range revision.LeftOut {
			texts = append(texts, &revision.LeftOut[i])
		}
	}
	return texts
}

// verdictPrefix marks a verdict in place of a seal. It is random, so that no writer of records can forge a verdict.
var verdictPrefix = rand.Text() + ":"

// verdictSeparator is between a verdict and the digest of the result.
const verdictSeparator = ":"

// CachedSeal returns the text that stands for a verdict in the seal of a cached record.
func CachedSeal(verdict seal.Verdict) string { return verdictPrefix + string(verdict) }

// CachedVerdict returns the verdict on the seal of a cached record.
func CachedVerdict(record *v1alpha1.BaselineRecord) seal.Verdict {
	text, ok := strings.CutPrefix(record.Seal, verdictPrefix)
	if !ok {
		return seal.Forged
	}
	verdict, _, _ := strings.Cut(text, verdictSeparator)
	return seal.Verdict(verdict)
}

// cachedResultDigest returns the digest of a cached record's result, and reports whether it has one.
func cachedResultDigest(record *v1alpha1.BaselineRecord) (digest seal.ResultDigest, ok bool) {
	raw, ok := cachedFacts(record)
	if !ok {
		return digest, false
	}
	return seal.ResultDigest([]byte(raw[:len(digest)])), true
}

// cachedFacts returns what is beside the verdict in the seal of a cached record: the digest of the result, and the time of WrittenAt.
func cachedFacts(record *v1alpha1.BaselineRecord) (raw string, ok bool) {
	text, ok := strings.CutPrefix(record.Seal, verdictPrefix)
	_, raw, found := strings.Cut(text, verdictSeparator)
	return raw, ok && found && len(raw) == len(seal.ResultDigest{})+writtenBytes
}

// Sealed finds the baselines that a namespace holds.
type Sealed struct {
	// Client reads records from a cache with the transform TrimCached, which verifies their seals.
	Client client.Reader
}

// HasSealedRecord implements authorization.Records.
func (s *Sealed) HasSealedRecord(ctx context.Context, namespace string, uid types.UID, baseline string) (bool, error) {
	record := &v1alpha1.BaselineRecord{}
	err := s.Client.Get(ctx, types.NamespacedName{Namespace: namespace, Name: baseline}, record)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading the record %s of namespace %s: %w", baseline, namespace, err)
	}
	return record.DeletionTimestamp == nil && IsOwnedBy(record, uid) && CachedVerdict(record) == seal.Good, nil
}
