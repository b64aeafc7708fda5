package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Sweep removes chunks that no index lists and that are older than olderThan: those of a Put that was killed, or that
// could not find out whether it had succeeded. It returns the number of chunks removed. olderThan must exceed the
// longest Put, an hour for example, because no index lists the chunks of a running one yet.
func (s *Secrets) Sweep(ctx context.Context, olderThan time.Duration) (int, error) {
	// List chunks before indexes, so that a chunk committed in between is found in its index.
	chunks, err := s.listChunks(ctx, selectPart(partChunk))
	if err != nil {
		return 0, fmt.Errorf("sweeping the store: %w", err)
	}
	listed, damaged, err := s.listedChunks(ctx)
	if err != nil {
		return 0, fmt.Errorf("sweeping the store: %w", err)
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

// listedChunks returns the names of all chunks that an index lists, and of the backups whose index cannot be read.
// The chunks of these are kept, because they may still be repaired.
func (s *Secrets) listedChunks(ctx context.Context) (chunks, damaged map[string]bool, err error) {
	secrets, err := s.listIndexes(ctx)
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
