package store

import (
	"context"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Delete implements Store. It removes the index first, so that no reader finds content that is half gone, and then
// every chunk of that name, including those that an interrupted Put left.
func (s *Secrets) Delete(ctx context.Context, name string) error {
	if err := validateName(name); err != nil {
		return err
	}
	if err := s.deleteSecret(ctx, indexName(name), metav1.DeleteOptions{}); err != nil {
		return fmt.Errorf("deleting backup %s: %w", name, err)
	}
	chunks, err := s.listChunks(ctx, selectBackup(name, partChunk))
	if err != nil {
		return fmt.Errorf("deleting backup %s: %w", name, err)
	}
	var failed []error
	for _, c := range chunks {
		failed = append(failed, s.deleteSecret(ctx, c.Name, metav1.DeleteOptions{}))
	}
	if err := errors.Join(failed...); err != nil {
		return fmt.Errorf("deleting backup %s: %w", name, err)
	}
	return nil
}
