package seal

import (
	"context"

	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

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
