package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Put implements Store. The content exists as soon as the index is written. That write has an optimistic lock on the
// index that Put read at its start: of two concurrent Puts one wins, whole.
func (s *Secrets) Put(ctx context.Context, name string, meta map[string]string, content []byte) (Entry, error) {
	if err := validateName(name); err != nil {
		return Entry{}, err
	}
	if len(content) > MaxBytes {
		return Entry{}, fmt.Errorf("storing backup %s: it has %d bytes, at most %d are possible", name, len(content), MaxBytes)
	}
	entry, err := s.putContent(ctx, name, meta, content)
	if err != nil {
		return Entry{}, fmt.Errorf("storing backup %s: %w", name, err)
	}
	return entry, nil
}

func (s *Secrets) putContent(ctx context.Context, name string, meta map[string]string, content []byte) (Entry, error) {
	// A damaged index is replaced like any other: the lock needs only its Secret.
	current, err := s.readIndex(ctx, name)
	if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrCorrupt) {
		return Entry{}, err
	}
	next, parts := newIndex(name, meta, content, time.Now())
	if current.Digest == next.Digest {
		switch _, err := s.readContent(ctx, current.index); {
		case err == nil:
			return s.updateMeta(ctx, current, meta)
		case !errors.Is(err, ErrCorrupt):
			return Entry{}, err
		}
	}
	// Encoding the index first rejects one that is too large before any chunk is written.
	if _, err := next.newSecret(""); err != nil {
		return Entry{}, err
	}
	if err := s.writeChunks(ctx, next, parts); err != nil {
		s.discardChunks(ctx, next)
		return Entry{}, err
	}
	committed, err := s.commitIndex(ctx, current.resourceVersion, next)
	if err != nil {
		return s.resolveCommit(ctx, next, err)
	}
	s.discardChunks(ctx, current.index)
	return committed, nil
}

// updateMeta replaces the metadata of content that is stored already.
func (s *Secrets) updateMeta(ctx context.Context, current storedIndex, meta map[string]string) (Entry, error) {
	if maps.Equal(current.Meta, meta) {
		return current.toEntry(), nil
	}
	next := current.index
	next.Meta = maps.Clone(meta)
	entry, err := s.commitIndex(ctx, current.resourceVersion, next)
	if !apierrors.IsConflict(err) {
		return entry, err
	}
	if winner, readErr := s.readIndex(ctx, next.Name); readErr == nil && winner.Digest == next.Digest {
		return winner.toEntry(), nil
	}
	return Entry{}, fmt.Errorf("%w (%w)", ErrConflict, err)
}

func (s *Secrets) writeChunks(ctx context.Context, next index, parts [][]byte) error {
	for number, part := range parts {
		secret := next.newChunkSecret(number, part)
		if _, err := s.client.Secrets(s.namespace).Create(ctx, secret, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("writing chunk %d of %d: %w", number+1, len(parts), err)
		}
	}
	return nil
}

func (s *Secrets) commitIndex(ctx context.Context, resourceVersion string, next index) (Entry, error) {
	secret, err := next.newSecret(resourceVersion)
	if err != nil {
		return Entry{}, err
	}
	if resourceVersion == "" {
		_, err = s.client.Secrets(s.namespace).Create(ctx, secret, metav1.CreateOptions{})
	} else {
		_, err = s.client.Secrets(s.namespace).Update(ctx, secret, metav1.UpdateOptions{})
	}
	if err != nil {
		return Entry{}, fmt.Errorf("writing index Secret %s/%s: %w", s.namespace, secret.Name, err)
	}
	return next.toEntry(), nil
}

// resolveCommit returns the result of a commit that did not report success. It removes the chunks only if the API
// server rejected the request: a request whose answer was lost can still be executed, and would then list chunks that
// are gone.
func (s *Secrets) resolveCommit(ctx context.Context, next index, failure error) (Entry, error) {
	current, err := s.readIndex(ctx, next.Name)
	if err == nil && current.Generation == next.Generation {
		return current.toEntry(), nil
	}
	if !isRefused(failure) {
		return Entry{}, failure
	}
	s.discardChunks(ctx, next)
	if err == nil && current.Digest == next.Digest {
		return current.toEntry(), nil
	}
	if apierrors.IsConflict(failure) || apierrors.IsAlreadyExists(failure) {
		return Entry{}, fmt.Errorf("%w (%w)", ErrConflict, failure)
	}
	return Entry{}, failure
}

// isRefused reports whether the API server answered and did not execute the request.
func isRefused(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return false
	}
	code := status.Status().Code
	return code >= http.StatusBadRequest && code < http.StatusInternalServerError && code != http.StatusRequestTimeout
}

// discardChunks removes chunks that no index lists any more. They do no harm, so errors are left to Sweep.
func (s *Secrets) discardChunks(ctx context.Context, i index) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	for _, c := range i.Chunks {
		_ = s.deleteSecret(ctx, c.Secret, metav1.DeleteOptions{})
	}
}
