package seal

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Ring holds the keys of a process from its start on. Its methods block until the keys are loaded, because a process that
// starts before it has its permissions must not end. It is safe for concurrent use.
type Ring struct {
	loaded chan struct{}
	keys   *Keys
}

// NewRing returns a Ring without keys.
func NewRing() *Ring { return &Ring{loaded: make(chan struct{})} }

// loadEvery is the interval between failed loads.
const loadEvery = time.Second

// Load reads or creates the keys, and retries until that succeeds or ctx ends.
func (r *Ring) Load(ctx context.Context, secrets corev1client.SecretInterface, recordsExist func(context.Context) (bool, error)) {
	loading := &loader{secrets: secrets, recordsExist: recordsExist}
	_ = wait.PollUntilContextCancel(ctx, loadEvery, true, func(ctx context.Context) (bool, error) { // ends with ctx
		keys, err := loading.loadKeys(ctx)
		if err != nil {
			log.FromContext(ctx).Error(err, "Could not load the keys of records, retrying", "secret", SecretName)
			return false, nil
		}
		r.keys = keys
		close(r.loaded)
		return true, nil
	})
}

// Loaded returns a channel that is closed when the keys are loaded.
func (r *Ring) Loaded() <-chan struct{} { return r.loaded }

// Seal sets the record's seal, as Keys.Seal does.
func (r *Ring) Seal(record *v1alpha1.BaselineRecord) error {
	<-r.loaded
	return r.keys.Seal(record)
}

// SealUpdate sets the seal of a record whose result is not at hand, as Keys.SealUpdate does.
func (r *Ring) SealUpdate(record *v1alpha1.BaselineRecord, result ResultDigest) error {
	<-r.loaded
	return r.keys.SealUpdate(record, result)
}

// Verify returns the verdict on the record's seal. The record must be whole: caches drop its lists.
func (r *Ring) Verify(record *v1alpha1.BaselineRecord) Verdict {
	<-r.loaded
	return r.keys.Verify(record)
}

// LostSince returns the time at which earlier keys were found to be lost; zero if none were.
func (r *Ring) LostSince() time.Time {
	<-r.loaded
	return r.keys.lostSince
}

// PreviousKey is the key that was replaced, as long as records are sealed with it.
type PreviousKey struct {
	Ring    *Ring
	Secrets corev1client.SecretInterface
}

// Exists reports whether there is a previous key.
func (p *PreviousKey) Exists() bool {
	<-p.Ring.loaded
	return len(p.Ring.keys.previous) > 0
}

// Sealed reports whether the record has a good seal with the previous key. The record must be whole.
func (p *PreviousKey) Sealed(record *v1alpha1.BaselineRecord) bool {
	<-p.Ring.loaded
	previous := &Keys{current: p.Ring.keys.previous}
	return previous.Verify(record) == Good
}

// Remove removes the previous key from the Secret, so that the current one can be replaced in turn. It does nothing if the
// Secret has other keys by now: then the process ends.
func (p *PreviousKey) Remove(ctx context.Context) error {
	<-p.Ring.loaded
	found, err := readKeys(ctx, p.Secrets)
	if err != nil || !found.isWhole() || !found.keys.equalKeys(p.Ring.keys) {
		return err
	}
	return found.replaceSecret(ctx, p.Secrets, &Keys{current: found.keys.current, lostSince: found.keys.lostSince})
}
