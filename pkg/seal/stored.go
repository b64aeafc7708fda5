package seal

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

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
