package store

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// getAttempts bounds how often Get begins again because the content was replaced under it.
const getAttempts = 5

// Get implements Store. A Put or a Delete meanwhile takes away the chunks of the index that was read: only chunks that are
// damaged while their index stays the same are told as damage.
func (s *Secrets) Get(ctx context.Context, name string) (Entry, []byte, error) {
	if err := validateName(name); err != nil {
		return Entry{}, nil, err
	}
	var damage error
	read := ""
	for range getAttempts {
		current, err := s.index(ctx, name)
		if err != nil {
			return Entry{}, nil, fmt.Errorf("read %s: %w", name, err)
		}
		if current.resourceVersion == read {
			break
		}
		content, err := s.content(ctx, current.index)
		if err == nil {
			return current.entry(), content, nil
		}
		damage, read = err, current.resourceVersion
		if !errors.Is(err, ErrCorrupt) {
			break
		}
	}
	return Entry{}, nil, fmt.Errorf("read %s: %w", name, damage)
}

// content reads and checks all chunks of an index.
func (s *Secrets) content(ctx context.Context, i index) ([]byte, error) {
	content := make([]byte, 0, i.Size)
	for number, c := range i.Chunks {
		secret, err := s.client.Secrets(s.namespace).Get(ctx, c.Secret, metav1.GetOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			return nil, fmt.Errorf("get chunk Secret %s/%s: %w", s.namespace, c.Secret, err)
		}
		problem := "is missing"
		if err == nil {
			problem = c.problem(secret.Data[chunkKey])
		}
		if problem != "" {
			return nil, fmt.Errorf("chunk Secret %s/%s (%d of %d) %s: %w", s.namespace, c.Secret, number+1, len(i.Chunks), problem, ErrCorrupt)
		}
		content = append(content, secret.Data[chunkKey]...)
	}
	if digestOf(content) != i.Digest {
		return nil, fmt.Errorf("the chunks are as they were written and together differ from the digest %s: %w", i.Digest, ErrCorrupt)
	}
	return content, nil
}

// problem says how data differs from what was written, or nothing.
func (c chunk) problem(data []byte) string {
	switch {
	case int64(len(data)) < c.Size:
		return fmt.Sprintf("is cut: it has %d of %d bytes", len(data), c.Size)
	case int64(len(data)) > c.Size:
		return fmt.Sprintf("has %d bytes instead of %d", len(data), c.Size)
	case digestOf(data) != c.Digest:
		return "was changed: it differs from its digest"
	}
	return ""
}
