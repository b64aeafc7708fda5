package store

import (
	"context"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Delete implements Store. The index goes first, so that nobody finds content that is half gone; then every chunk of
// that name, those that a Put left behind too.
func (s *Secrets) Delete(ctx context.Context, name string) error {
	if err := validateName(name); err != nil {
		return err
	}
	if err := s.deleteSecret(ctx, indexName(name), metav1.DeleteOptions{}); err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	chunks, err := s.chunkMetadata(ctx, selectBackup(name, partChunk))
	if err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	var failed []error
	for _, c := range chunks {
		failed = append(failed, s.deleteSecret(ctx, c.Name, metav1.DeleteOptions{}))
	}
	if err := errors.Join(failed...); err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	return nil
}
