package apply

import (
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// Target is the namespace that objects are written into, and the rules for those already there.
type Target struct {
	Namespace string
	// Update makes an object that is already there like the backup's; otherwise it is kept.
	Update bool
	// Replace makes Update delete and create again what holds nothing of its own and cannot be changed; see replace.go.
	Replace bool
	// Labels mark every object that this restore writes.
	Labels manifest.Labels
	// OwnerLabel is the label that names the baseline that brought an object: one that another baseline
	// brought is never updated, the first one wins. Empty: no object has an owner.
	OwnerLabel string
	// TrustOwner lets that label alone prove it. Off for Required baselines, where a tenant could otherwise label a
	// permissive object of its own in advance, and for restores by hand, which yield to Required baselines only.
	TrustOwner bool
	// Brought reports whether a baseline did bring the object of a key. It is asked where the label proves nothing;
	// nil: none did.
	Brought func(baseline, key string) bool
	// Since is when the restore began, in whole seconds as the API server keeps creation times. An
	// object with our labels that is not older was made by an earlier attempt of this very restore
	// and counts as made. The zero time turns that off.
	Since time.Time
	// TrustLabels lets labels alone prove that. Off for Required baselines, where a tenant could
	// otherwise label a permissive object of its own in advance: there the content must agree too.
	TrustLabels bool
	// LookFirst reads before it creates. Creating is one call instead of two where nothing is there yet; but an attempt
	// to create what is there is counted by a ResourceQuota until that is counted again, minutes later.
	LookFirst bool
	// Hurry tries each write once: others of its kind have used up the time for retries within the run.
	Hurry bool
	// Normalize removes from an object what is never written, so that what is there can be compared
	// with what would be written.
	Normalize func(*unstructured.Unstructured)
}
