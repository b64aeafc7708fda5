package seal

import (
	"bytes"
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// SecretName is the Secret in Seedbed's own namespace that holds the keys. Whoever can read or write it can forge records.
const SecretName = "seedbed-record-keys" //nolint:gosec // the name of a Secret, not one

// Entries of the Secret. To replace a key, copy current to previous and write 32 random bytes to current; records are sealed
// anew as they are written.
const (
	entryCurrent   = "current"
	entryPrevious  = "previous"
	entryLostSince = "lostSince"
)

// load reads the keys, and makes them when there are none: the first time, or when they are lost. recordsExist tells these
// apart; it is asked only when there are no keys. Several replicas may start at once: the first Secret counts.
func load(ctx context.Context, secrets corev1client.SecretInterface, recordsExist func(context.Context) (bool, error)) (*Keys, error) {
	secret, err := secrets.Get(ctx, SecretName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		secret, err = create(ctx, secrets, recordsExist)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the keys of records from Secret %s: %w", SecretName, err)
	}
	return decode(secret)
}

func create(ctx context.Context, secrets corev1client.SecretInterface, recordsExist func(context.Context) (bool, error)) (*corev1.Secret, error) {
	keys, err := newKeys()
	if err != nil {
		return nil, err
	}
	exist, err := recordsExist(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking for records from before: %w", err)
	}
	if exist {
		// Another replica may run with the keys: its Keeper writes them again.
		if secret, err := awaitSecret(ctx, secrets); !apierrors.IsNotFound(err) {
			return secret, err
		}
		// Creation times have whole seconds, and this clock may be behind the API server's: what is made in these seconds
		// by somebody else could only be taken for lost, never for good.
		keys.lostSince = time.Now().UTC().Truncate(time.Second)
	}
	created, err := secrets.Create(ctx, encode(keys), metav1.CreateOptions{FieldManager: v1alpha1.FieldManager})
	if apierrors.IsAlreadyExists(err) {
		return secrets.Get(ctx, SecretName, metav1.GetOptions{})
	}
	return created, err
}

// awaitSecret returns the Secret if it appears before a Keeper must have looked for it.
func awaitSecret(ctx context.Context, secrets corev1client.SecretInterface) (secret *corev1.Secret, err error) {
	// Asked in the outer context: the end of the wait must not look like an answer.
	_ = wait.PollUntilContextTimeout(ctx, time.Second, 3*checkEvery, true, func(context.Context) (bool, error) { // err tells
		secret, err = secrets.Get(ctx, SecretName, metav1.GetOptions{})
		return !apierrors.IsNotFound(err), nil
	})
	return secret, err
}

func encode(keys *Keys) *corev1.Secret {
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

func decode(secret *corev1.Secret) (*Keys, error) {
	keys := &Keys{current: secret.Data[entryCurrent], previous: secret.Data[entryPrevious]}
	if len(keys.current) != keyLength {
		return nil, fmt.Errorf("entry %s of Secret %s has %d bytes, a key has %d: restore the Secret from your backup of namespace %s, or delete it to begin anew",
			entryCurrent, SecretName, len(keys.current), keyLength, secret.Namespace)
	}
	if len(keys.previous) != 0 && len(keys.previous) != keyLength {
		return nil, fmt.Errorf("entry %s of Secret %s has %d bytes, a key has %d: remove the entry", entryPrevious, SecretName, len(keys.previous), keyLength)
	}
	if text := secret.Data[entryLostSince]; len(text) > 0 {
		since, err := time.Parse(time.RFC3339, string(text))
		if err != nil {
			return nil, fmt.Errorf("reading entry %s of Secret %s: %w", entryLostSince, SecretName, err)
		}
		keys.lostSince = since
	}
	return keys, nil
}

// equal reports whether both sets of keys judge every record alike.
func (k *Keys) equal(other *Keys) bool {
	return bytes.Equal(k.current, other.current) && bytes.Equal(k.previous, other.previous) && k.lostSince.Equal(other.lostSince)
}
