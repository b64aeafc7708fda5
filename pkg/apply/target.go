package apply

import (
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// Rules are the cleaning rules of the objects to write.
type Rules interface {
	// Normalize removes the fields that are never written, so that a live object can be compared with one to write.
	Normalize(live *unstructured.Unstructured)
}

// Target is the namespace to write into, and the policy for objects that exist already.
type Target struct {
	Namespace string
	// Update makes an existing object like the backup's; otherwise it is kept.
	Update bool
	// Replace makes Update delete and recreate an object with immutable fields, if its kind is recreatable; see existing.go.
	Replace bool
	// Labels mark every object that this restore writes.
	Labels manifest.Labels
	// ProtectedLabels mark in place of Labels the objects that Protects selects, as far as they are protectable. Nil selects none.
	ProtectedLabels manifest.Labels
	Protects        func(object *manifest.Object) bool
	// OwnerLabel is the label that names the baseline of an object. Another baseline's object is never updated: the first
	// one wins. Empty means that objects have no owner.
	OwnerLabel string
	// TrustOwner lets that label alone prove the owner. Otherwise only Owners count, and the caller verifies Change.Owner.
	TrustOwner bool
	Owners     []string
	// Since is when the restore began, in whole seconds as the API server keeps creation times. A newer object with the
	// restore's labels was created by an earlier attempt of it and counts as created. The zero time turns that off.
	Since time.Time
	// TrustLabels lets the labels alone prove that. Off for Required baselines, because a tenant could label a permissive
	// object of its own in advance: then the content must agree too.
	TrustLabels bool
	// ReadFirst reads each object before creating it. Creating first is one call instead of two in a new namespace. But a
	// ResourceQuota counts the attempt to create an existing object, and corrects its count only minutes later.
	ReadFirst bool
	// NoRetry tries each write once: others of its kind have used up the time for retries.
	NoRetry bool
	Rules   Rules
}
