package seal

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// checkEvery is how often the Secret is compared with the keys in use.
const checkEvery = 5 * time.Second

// ErrChanged is why a process ends whose keys are no longer those of the Secret: every record that it knows was judged by
// them, and its successor judges anew.
var ErrChanged = errors.New("the keys of records were changed")

// Keeper keeps the Secret as long as a process has the keys. It runs on every replica.
type Keeper struct {
	Ring    *Ring
	Secrets corev1client.SecretInterface
}

// Start implements manager.Runnable.
func (k *Keeper) Start(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-k.Ring.Loaded():
	}
	ticker := time.NewTicker(checkEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := k.check(ctx); errors.Is(err, ErrChanged) {
			return err
		} else if err != nil {
			log.FromContext(ctx).Error(err, "Could not check the keys of records")
		}
	}
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (k *Keeper) NeedLeaderElection() bool { return false }

func (k *Keeper) check(ctx context.Context) error {
	secret, err := k.Secrets.Get(ctx, SecretName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		_, err = k.Secrets.Create(ctx, encode(k.Ring.keys), metav1.CreateOptions{FieldManager: v1alpha1.FieldManager})
		if err == nil {
			log.FromContext(ctx).Info("Wrote the Secret with the keys of records again: somebody had deleted it", "secret", SecretName)
		}
		return err
	}
	if err != nil {
		return err
	}
	stored, err := decode(secret)
	if err != nil {
		return err
	}
	if !stored.equal(k.Ring.keys) {
		return fmt.Errorf("comparing with Secret %s: %w", SecretName, ErrChanged)
	}
	return nil
}
