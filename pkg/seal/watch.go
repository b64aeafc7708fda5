package seal

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// checkEvery is the interval between comparisons of the Secret with the keys in use.
const checkEvery = 5 * time.Second

// ErrChanged reports that the Secret has other keys than the process. The process ends, because it verified every record that
// it knows with its own keys; its successor verifies them anew.
var ErrChanged = errors.New("the keys of records were changed")

// Keeper writes the Secret again if it was deleted or damaged. It runs on every replica.
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
		if err := k.checkSecret(ctx); errors.Is(err, ErrChanged) {
			return err
		} else if err != nil {
			log.FromContext(ctx).Error(err, "Could not check the keys of records")
		}
	}
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (k *Keeper) NeedLeaderElection() bool { return false }

// checkSecret writes the keys again if the Secret does not have all of them, and returns ErrChanged if it has others. The
// leader may have removed the previous key: that changes no verdict, because no record is sealed with it any more.
func (k *Keeper) checkSecret(ctx context.Context) error {
	found, err := readKeys(ctx, k.Secrets)
	if err != nil {
		return err
	}
	keys := k.Ring.keys
	if !found.isWhole() {
		if err := found.replaceSecret(ctx, k.Secrets, keys); err != nil {
			return err
		}
		log.FromContext(ctx).Info("Wrote the Secret with the keys of records again: it was deleted or damaged", "secret", SecretName, "damage", found.damage)
		return nil
	}
	if found.keys.equalKeys(keys) || len(found.keys.previous) == 0 && found.keys.equalBesidesPrevious(keys) {
		return nil
	}
	return fmt.Errorf("comparing with Secret %s: %w", SecretName, ErrChanged)
}
