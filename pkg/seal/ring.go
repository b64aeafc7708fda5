package seal

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Ring is the keys of a process from its start on. Whoever needs them before they are loaded waits: a process that starts
// before its permissions are there must not end for it. It is safe for concurrent use.
type Ring struct {
	loaded chan struct{}
	keys   *Keys
}

// NewRing returns a Ring without keys.
func NewRing() *Ring { return &Ring{loaded: make(chan struct{})} }

// loadEvery is how soon a failed load is tried again.
const loadEvery = time.Second

// Load reads the keys, or makes them, and tries again until that succeeds or ctx ends.
func (r *Ring) Load(ctx context.Context, secrets corev1client.SecretInterface, recordsExist func(context.Context) (bool, error)) {
	loading := &loader{secrets: secrets, recordsExist: recordsExist}
	_ = wait.PollUntilContextCancel(ctx, loadEvery, true, func(ctx context.Context) (bool, error) { // ends with ctx
		keys, err := loading.load(ctx)
		if err != nil {
			log.FromContext(ctx).Error(err, "Could not load the keys of records; trying again", "secret", SecretName)
			return false, nil
		}
		r.keys = keys
		close(r.loaded)
		return true, nil
	})
}

// Loaded returns a channel that is closed when the keys are there.
func (r *Ring) Loaded() <-chan struct{} { return r.loaded }

// Seal sets the record's seal. Its name, owner reference and result must not change afterwards.
func (r *Ring) Seal(record *v1alpha1.BaselineRecord) error {
	<-r.loaded
	return r.keys.Seal(record)
}

// Verify returns what the record's seal proves. The record must be whole: caches drop its lists.
func (r *Ring) Verify(record *v1alpha1.BaselineRecord) Verdict {
	<-r.loaded
	return r.keys.Verify(record)
}

// LostSince returns when the keys before these were found to be lost, and the zero time when none were.
func (r *Ring) LostSince() time.Time {
	<-r.loaded
	return r.keys.lostSince
}
