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

// loader reads the keys from their Secret, and makes those that are not there.
type loader struct {
	secrets corev1client.SecretInterface
	// recordsExist tells lost keys from a first start. It is asked only where keys are missing.
	recordsExist func(context.Context) (bool, error)
}

// load returns the keys, and writes them where the Secret does not have them whole. Several replicas may start at once: the
// first write counts.
func (l *loader) load(ctx context.Context) (*Keys, error) {
	found, err := read(ctx, l.secrets)
	if err != nil || found.isWhole() {
		return found.keys, err
	}
	lost, err := l.recordsExist(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking for records from before: %w", err)
	}
	if lost {
		// Another replica may run with the keys: its Keeper writes them again.
		if found, err = l.await(ctx); err != nil || found.isWhole() {
			return found.keys, err
		}
	}
	keys, err := l.complete(ctx, found.keys, lost)
	if err != nil {
		return nil, err
	}
	if err := found.replace(ctx, l.secrets, keys); err != nil {
		return nil, err
	}
	if lost {
		log.FromContext(ctx).Info("Made new keys of records: those that were sealed with the lost ones prove nothing until `seedbed baseline adopt`",
			"secret", SecretName, "lostSince", keys.lostSince, "damage", found.damage)
	}
	return keys, nil
}

// await reads the keys until they are whole, or a Keeper must have looked for them.
func (l *loader) await(ctx context.Context) (found storedKeys, err error) {
	// Asked in the outer context: the end of the wait must not look like an answer.
	_ = wait.PollUntilContextTimeout(ctx, time.Second, 3*checkEvery, true, func(context.Context) (bool, error) { // err tells
		found, err = read(ctx, l.secrets)
		return found.isWhole(), err
	})
	return found, err
}

// complete returns what is intact of the keys, with a new one where the current one is missing. Records that were sealed with a
// missing key are lost.
func (l *loader) complete(ctx context.Context, intact *Keys, lost bool) (*Keys, error) {
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
