package store

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// getAttempts bounds how often Get starts again because the content was replaced while it read.
const getAttempts = 5

// Get implements Store. A concurrent Put or Delete may remove the chunks of the index that Get has read. So only
// chunks that are damaged while their index stays the same are returned as ErrCorrupt.
func (s *Secrets) Get(ctx context.Context, name string) (Entry, []byte, error) {
	if err := validateName(name); err != nil {
		return Entry{}, nil, err
	}
	var damage error
	read := ""
	for range getAttempts {
		current, err := s.readIndex(ctx, name)
		if err != nil {
			return Entry{}, nil, fmt.Errorf("reading backup %s: %w", name, err)
		}
		if current.resourceVersion == read {
			break
		}
		content, err := s.readContent(ctx, current.index)
		if err == nil {
			return current.toEntry(), content, nil
		}
		damage, read = err, current.resourceVersion
		if !errors.Is(err, ErrCorrupt) {
			break
		}
	}
	return Entry{}, nil, fmt.Errorf("reading backup %s: %w", name, damage)
}

// readContent returns the content of all chunks of an index, checked against their digests.
func (s *Secrets) readContent(ctx context.Context, i index) ([]byte, error) {
	content := make([]byte, 0, i.Size)
	for number, c := range i.Chunks {
		secret, err := s.client.Secrets(s.namespace).Get(ctx, c.Secret, metav1.GetOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			return nil, fmt.Errorf("reading chunk Secret %s/%s: %w", s.namespace, c.Secret, err)
		}
		problem := "is missing"
		if err == nil {
			problem = c.damageOf(secret.Data[chunkKey])
		}
		if problem != "" {
			return nil, fmt.Errorf("chunk Secret %s/%s (%d of %d) %s: %w", s.namespace, c.Secret, number+1, len(i.Chunks), problem, ErrCorrupt)
		}
		content = append(content, secret.Data[chunkKey]...)
	}
	if digestOf(content) != i.Digest {
		return nil, fmt.Errorf("every chunk matches its digest, but the whole content differs from %s: %w", i.Digest, ErrCorrupt)
	}
	return content, nil
}

// damageOf returns how data differs from the content that was written, or "".
func (c chunk) damageOf(data []byte) string {
	switch {
	case int64(len(data)) < c.Size:
		return fmt.Sprintf("is truncated: it has %d of %d bytes", len(data), c.Size)
	case int64(len(data)) > c.Size:
		return fmt.Sprintf("has %d bytes instead of %d", len(data), c.Size)
	case digestOf(data) != c.Digest:
		return "was changed: it differs from its digest"
	}
	return ""
}
