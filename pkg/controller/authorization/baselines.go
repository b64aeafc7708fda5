package authorization

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Baselines lists Baselines.
type Baselines interface {
	// ListBaselines returns the metadata of every Baseline, as the API server has them now: not from a cache.
	ListBaselines(ctx context.Context) ([]metav1.PartialObjectMetadata, error)
}

// revisions has the revision of Baselines, by UID.
type revisions map[types.UID]string

// has reports whether a Baseline is among them, as it is.
func (r revisions) hasRevision(baseline metav1.Object) bool {
	return r[baseline.GetUID()] == revisionOf(baseline)
}

// revisionOf distinguishes a Baseline from itself before each change that its policy reviews: of its spec, and of the
// annotation that has records adopted.
func revisionOf(baseline metav1.Object) string {
	revision := strconv.FormatInt(baseline.GetGeneration(), 10)
	if adopt, found := baseline.GetAnnotations()[v1alpha1.AnnotationAdopt]; found {
		digest := sha256.Sum256([]byte(adopt))
		revision += "-" + hex.EncodeToString(digest[:8])
	}
	return revision
}

// reviewBaselines updates in the memory, which it stores, which of the Baselines that there are were reviewed.
func (k *Keeper) reviewBaselines(ctx context.Context, policies *policySet, remembered *memory) error {
	listed, err := k.baselines.ListBaselines(ctx)
	if err != nil {
		return err
	}
	// Every listed Baseline was written under these policies, or is older.
	confirmed, err := k.confirmPolicy(ctx, policies, PolicyBaselines)
	if err != nil {
		return err
	}
	if !confirmed || k.restores.Load().policies != policies {
		return errChanged
	}
	remembered.Reviewed, remembered.Unreviewed = sortBaselines(listed, remembered, k.settledTime(remembered.Since))
	remembered.Listed = true
	k.reviewed.Store(&remembered.Reviewed)
	k.trusted.Clear()
	return k.memories.writeMemory(ctx, *remembered)
}

// sortBaselines returns which Baselines were reviewed, and which were not. Of those from before the policies were settled,
// these are the ones that were reviewed by the policies before and, once all are listed, those that changed since then.
func sortBaselines(listed []metav1.PartialObjectMetadata, before *memory, settled time.Time) (reviewed, unreviewed revisions) {
	reviewed, unreviewed = revisions{}, revisions{}
	for i := range listed {
		baseline := &listed[i]
		isReviewed := !baseline.CreationTimestamp.Time.Before(settled) || before.Reviewed.hasRevision(baseline) ||
			before.Listed && !before.Unreviewed.hasRevision(baseline)
		if isReviewed {
			reviewed[baseline.UID] = revisionOf(baseline)
		} else {
			unreviewed[baseline.UID] = revisionOf(baseline)
		}
	}
	return reviewed, unreviewed
}

// withinBounds returns at most count of them, always the same.
func (r revisions) withinBounds(count int) revisions {
	if len(r) <= count {
		return r
	}
	kept := make(revisions, count)
	for _, uid := range slices.Sorted(maps.Keys(r))[:count] {
		kept[uid] = r[uid]
	}
	return kept
}
