package preview

import (
	"cmp"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/kube"
)

const (
	// maxRefusedPreviews bounds the previews beside v1alpha1.MaxPreviews, which are kept so that their creators can read why they
	// were refused. Those beyond are deleted at once.
	maxRefusedPreviews = 192
	// refusedPreviewLifetime is the time for which such a refusal is kept.
	refusedPreviewLifetime = 30 * time.Second
)

// previewRanks groups previews by the action that they need.
type previewRanks struct {
	// answer are those to be answered, the oldest first.
	answer []*v1alpha1.BaselinePreview
	// refuse are those beyond the limit.
	refuse []*v1alpha1.BaselinePreview
	// drop are those beyond the limit of refusals.
	drop []*v1alpha1.BaselinePreview
	// expired are those whose lifetime has ended.
	expired []*v1alpha1.BaselinePreview
	// next is the time until the next of the others expires; zero if there is none.
	next time.Duration
}

// rankPreviews ranks all previews at one time. It is pure. Those that were handed over to be answered keep their place, even if
// older ones appear.
func rankPreviews(previews []v1alpha1.BaselinePreview, handed map[types.UID]bool, now time.Time) previewRanks {
	var ranks previewRanks
	var waiting []*v1alpha1.BaselinePreview
	kept, refused, keptOf := 0, 0, map[string]int{}
	for i := range previews {
		preview := &previews[i]
		left := lifetimeOf(preview) - now.Sub(preview.CreationTimestamp.Time)
		switch {
		case preview.DeletionTimestamp != nil:
			continue
		case left <= 0:
			ranks.expired = append(ranks.expired, preview)
			continue
		case isRefusedAsTooMany(preview):
			refused++
		case isAnswered(preview):
			kept++
			keptOf[preview.Spec.Namespace]++
		default:
			waiting = append(waiting, preview)
		}
		ranks.next = kube.Soonest(ranks.next, left)
	}
	slices.SortFunc(waiting, func(a, b *v1alpha1.BaselinePreview) int { return comparePreviews(a, b, handed) })
	var beyond []*v1alpha1.BaselinePreview
	for _, preview := range waiting {
		if kept >= v1alpha1.MaxPreviews || keptOf[preview.Spec.Namespace] >= mostOf(preview) {
			beyond = append(beyond, preview)
			continue
		}
		ranks.answer = append(ranks.answer, preview)
		kept++
		keptOf[preview.Spec.Namespace]++
	}
	room := min(len(beyond), max(0, maxRefusedPreviews-refused))
	ranks.refuse, ranks.drop = beyond[:room], beyond[room:]
	return ranks
}

// comparePreviews orders previews by creation, and those of one second by UID; those that were handed over come first.
func comparePreviews(a, b *v1alpha1.BaselinePreview, handed map[types.UID]bool) int {
	if handed[a.UID] != handed[b.UID] {
		if handed[a.UID] {
			return -1
		}
		return 1
	}
	return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.UID, b.UID))
}

// lifetimeOf returns how long after its creation a preview is deleted.
func lifetimeOf(preview *v1alpha1.BaselinePreview) time.Duration {
	if isRefusedAsTooMany(preview) {
		return refusedPreviewLifetime
	}
	if preview.Spec.Fleet != nil {
		return v1alpha1.FleetPreviewLifetime
	}
	return v1alpha1.PreviewLifetime
}

// mostOf returns how many previews of a preview's namespace are kept, or of fleets, which have none.
func mostOf(preview *v1alpha1.BaselinePreview) int {
	if preview.Spec.Fleet != nil {
		return v1alpha1.MaxFleetPreviews
	}
	return v1alpha1.MaxPreviewsOfNamespace
}

func isRefusedAsTooMany(preview *v1alpha1.BaselinePreview) bool {
	return v1alpha1.PhaseOf(preview.Status.Conditions) == v1alpha1.ReasonTooManyPreviews
}
