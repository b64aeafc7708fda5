package seal

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/internal/kube"
)

// loader reads the keys from their Secret, and creates the missing ones.
type loader struct {
	secrets corev1client.SecretInterface
	// recordsExist reports whether missing keys are lost, and this is no first start. It is called only if keys are missing.
	recordsExist func(context.Context) (bool, error)
}

// loadKeys returns the keys, and writes them if the Secret does not have all of them. Several replicas may start at once: the
// first write counts.
func (l *loader) loadKeys(ctx context.Context) (*Keys, error) {
	found, err := readKeys(ctx, l.secrets)
	if err != nil || found.isWhole() {
		return found.keys, err
	}
	lost, err := l.recordsExist(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing older records: %w", err)
	}
	if lost {
		// The Keeper of another replica may have the keys, and writes them again.
		if found, err = l.awaitKeys(ctx); err != nil || found.isWhole() {
			return found.keys, err
		}
	}
	keys, err := l.completeKeys(ctx, found.keys, lost)
	if err != nil {
		return nil, err
	}
	if err := found.replaceSecret(ctx, l.secrets, keys); err != nil {
		return nil, err
	}
	if lost {
		log.FromContext(ctx).Info("Created new keys of records: records sealed with the lost keys prove nothing until `seedbed baseline adopt`",
			"secret", SecretName, "lostSince", keys.lostSince, "damage", found.damage)
	}
	return keys, nil
}

// awaitKeys reads the keys until they are whole, or until every Keeper must have checked them.
func (l *loader) awaitKeys(ctx context.Context) (found storedKeys, err error) {
	// The outer context is read with, because the end of the wait must not look like an answer.
	_ = wait.PollUntilContextTimeout(ctx, time.Second, 3*checkEvery, true, func(context.Context) (bool, error) { // its error is err
		found, err = readKeys(ctx, l.secrets)
		return found.isWhole(), err
	})
	return found, err
}

// completeKeys returns the intact keys, and a new one if the current one is missing. Records sealed with a missing key are lost.
func (l *loader) completeKeys(ctx context.Context, intact *Keys, lost bool) (*Keys, error) {
	keys, err := newKeys()
	if err != nil {
		return nil, err
	}
	keys.previous = intact.previous
	if len(intact.current) > 0 {
		keys.current = intact.current
	}
	if lost {
		keys.lostSince, err = kube.ServerTime(ctx, l.secrets) // it is compared with creation times of records
	}
	return keys, err
}
