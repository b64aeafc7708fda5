package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Sweep removes the chunks that no index lists and that are older than olderThan: what a Put left that was killed, or
// that could not tell whether it had succeeded. olderThan must be longer than any Put can take, an hour for example,
// since the chunks of a running one are listed nowhere yet. It gives the number of chunks removed.
func (s *Secrets) Sweep(ctx context.Context, olderThan time.Duration) (int, error) {
	// Chunks before indexes: one that is committed in between is then found listed.
	chunks, err := s.chunkMetadata(ctx, selectPart(partChunk))
	if err != nil {
		return 0, fmt.Errorf("sweep the store: %w", err)
	}
	listed, damaged, err := s.listed(ctx)
	if err != nil {
		return 0, fmt.Errorf("sweep the store: %w", err)
	}
	removed := 0
	var failed []error
	for _, c := range chunks {
		if listed[c.Name] || damaged[c.Labels[labelBackup]] || time.Since(c.CreationTimestamp.Time) < olderThan {
			continue
		}
		uid := c.UID
		err := s.deleteSecret(ctx, c.Name, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid}})
		if err != nil {
			failed = append(failed, err)
			continue
		}
		removed++
	}
	return removed, errors.Join(failed...)
}

// listed gives the names of all chunks that an index lists, and the names of the backups whose index cannot be read:
// theirs are kept, for somebody may still repair them.
func (s *Secrets) listed(ctx context.Context) (chunks, damaged map[string]bool, err error) {
	secrets, err := s.indexSecrets(ctx)
	if err != nil {
		return nil, nil, err
	}
	chunks, damaged = map[string]bool{}, map[string]bool{}
	for _, secret := range secrets {
		decoded, err := decodeIndex(secret)
		if err != nil {
			damaged[secret.Labels[labelBackup]] = true
			continue
		}
		for _, c := range decoded.Chunks {
			chunks[c.Secret] = true
		}
	}
	return chunks, damaged, nil
}
