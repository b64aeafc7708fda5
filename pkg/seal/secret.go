package seal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// SecretName is the Secret in Seedbed's own namespace that holds the keys. A user who can read or write it can forge records.
const SecretName = "seedbed-record-keys"

// Entries of the Secret. To replace a key, copy current to previous and write 32 random bytes to current. The leader removes
// previous when no record is sealed with it any more.
const (
	entryCurrent   = "current"
	entryPrevious  = "previous"
	entryLostSince = "lostSince"
)

func encodeSecret(keys *Keys) *corev1.Secret {
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: SecretName, Labels: map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBySeedbed}},
		Type:       corev1.SecretTypeOpaque,
		Data:       map[string][]byte{entryCurrent: keys.current},
	}
	if len(keys.previous) > 0 {
		secret.Data[entryPrevious] = keys.previous
	}
	if !keys.lostSince.IsZero() {
		secret.Data[entryLostSince] = []byte(keys.lostSince.Format(time.RFC3339))
	}
	return secret
}

// decodeSecret returns the intact keys of a Secret, and an error for those that are not.
func decodeSecret(secret *corev1.Secret) (*Keys, error) {
	keys := &Keys{}
	var damage []error
	if key := secret.Data[entryCurrent]; len(key) == keyLength {
		keys.current = key
	} else {
		damage = append(damage, wrongLength(secret, entryCurrent))
	}
	switch key := secret.Data[entryPrevious]; len(key) {
	case 0:
	case keyLength:
		keys.previous = key
	default:
		damage = append(damage, wrongLength(secret, entryPrevious))
	}
	if text := secret.Data[entryLostSince]; len(text) > 0 {
		since, err := time.Parse(time.RFC3339, string(text))
		if err != nil {
			damage = append(damage, fmt.Errorf("reading entry %s of Secret %s: %w", entryLostSince, secret.Name, err))
		}
		keys.lostSince = since
	}
	return keys, errors.Join(damage...)
}

func wrongLength(secret *corev1.Secret, entry string) error {
	return fmt.Errorf("entry %s of Secret %s has %d bytes, a key has %d", entry, secret.Name, len(secret.Data[entry]), keyLength)
}

// equalKeys reports whether both have the same verdict on every record.
func (k *Keys) equalKeys(other *Keys) bool {
	return k.equalBesidesPrevious(other) && bytes.Equal(k.previous, other.previous)
}

func (k *Keys) equalBesidesPrevious(other *Keys) bool {
	return bytes.Equal(k.current, other.current) && k.lostSince.Equal(other.lostSince)
}

// storedKeys holds the keys of a Secret that was read.
type storedKeys struct {
	// secret is nil if it does not exist.
	secret *corev1.Secret
	// keys are the intact ones.
	keys *Keys
	// damage is the error of the others.
	damage error
}

// isWhole reports whether the Secret has keys and all of them are intact.
func (s storedKeys) isWhole() bool { return s.secret != nil && s.damage == nil }

func readKeys(ctx context.Context, secrets corev1client.SecretInterface) (storedKeys, error) {
	secret, err := secrets.Get(ctx, SecretName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return storedKeys{keys: &Keys{}}, nil
	}
	if err != nil {
		return storedKeys{}, fmt.Errorf("reading the keys of records: %w", err)
	}
	keys, damage := decodeSecret(secret)
	return storedKeys{secret: secret, keys: keys, damage: damage}, nil
}

// replaceSecret writes keys, unless the Secret was written since it was read.
func (s storedKeys) replaceSecret(ctx context.Context, secrets corev1client.SecretInterface, keys *Keys) error {
	var err error
	if s.secret == nil {
		_, err = secrets.Create(ctx, encodeSecret(keys), metav1.CreateOptions{FieldManager: v1alpha1.FieldManager})
	} else {
		replaced := s.secret.DeepCopy()
		replaced.Data = encodeSecret(keys).Data
		_, err = secrets.Update(ctx, replaced, metav1.UpdateOptions{FieldManager: v1alpha1.FieldManager})
	}
	if err != nil {
		return fmt.Errorf("writing the keys of records: %w", err)
	}
	return nil
}
