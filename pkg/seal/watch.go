package seal

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"
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

// check writes the keys again where the Secret does not have them whole, and returns ErrChanged where it has others. That the
// leader has removed the previous key changes no verdict, because no record is sealed with it any more.
func (k *Keeper) check(ctx context.Context) error {
	found, err := read(ctx, k.Secrets)
	if err != nil {
		return err
	}
	keys := k.Ring.keys
	if !found.isWhole() {
		if err := found.replace(ctx, k.Secrets, keys); err != nil {
			return err
		}
		log.FromContext(ctx).Info("Wrote the Secret with the keys of records again: it was deleted or damaged", "secret", SecretName, "damage", found.damage)
		return nil
	}
	if found.keys.equal(keys) || len(found.keys.previous) == 0 && found.keys.equalBesidesPrevious(keys) {
		return nil
	}
	return fmt.Errorf("comparing with Secret %s: %w", SecretName, ErrChanged)
}
