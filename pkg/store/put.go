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

// Put implements Store. Writing the index is the moment from which the content is there, and it is written with an
// optimistic lock on what was there when Put began: of two that write at the same time one wins, whole.
func (s *Secrets) Put(ctx context.Context, name string, meta map[string]string, content []byte) (Entry, error) {
	if err := validateName(name); err != nil {
		return Entry{}, err
	}
	if len(content) > MaxBytes {
		return Entry{}, fmt.Errorf("store %s: it has %d bytes, at most %d are possible", name, len(content), MaxBytes)
	}
	entry, err := s.put(ctx, name, meta, content)
	if err != nil {
		return Entry{}, fmt.Errorf("store %s: %w", name, err)
	}
	return entry, nil
}

func (s *Secrets) put(ctx context.Context, name string, meta map[string]string, content []byte) (Entry, error) {
	// A damaged index is replaced like any other: its Secret is there to be locked on.
	current, err := s.index(ctx, name)
	if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrCorrupt) {
		return Entry{}, err
	}
	next, parts := newIndex(name, meta, content, time.Now())
	if current.Digest == next.Digest {
		switch _, err := s.content(ctx, current.index); {
		case err == nil:
			return s.putMeta(ctx, current, meta)
		case !errors.Is(err, ErrCorrupt):
			return Entry{}, err
		}
	}
	// The index is built before anything is written, so that one that is too large leaves nothing behind.
	if _, err := next.secret(""); err != nil {
		return Entry{}, err
	}
	if err := s.writeChunks(ctx, next, parts); err != nil {
		s.discard(ctx, next)
		return Entry{}, err
	}
	committed, err := s.commit(ctx, current.resourceVersion, next)
	if err != nil {
		return s.settle(ctx, next, err)
	}
	s.discard(ctx, current.index)
	return committed, nil
}

// putMeta leaves the content as it is, since it is what is to be stored.
func (s *Secrets) putMeta(ctx context.Context, current storedIndex, meta map[string]string) (Entry, error) {
	if maps.Equal(current.Meta, meta) {
		return current.entry(), nil
	}
	next := current.index
	next.Meta = maps.Clone(meta)
	entry, err := s.commit(ctx, current.resourceVersion, next)
	if !apierrors.IsConflict(err) {
		return entry, err
	}
	if winner, reading := s.index(ctx, next.Name); reading == nil && winner.Digest == next.Digest {
		return winner.entry(), nil
	}
	return Entry{}, fmt.Errorf("%w (%w)", ErrConflict, err)
}

func (s *Secrets) writeChunks(ctx context.Context, next index, parts [][]byte) error {
	for number, part := range parts {
		secret := next.chunkSecret(number, part)
		if _, err := s.client.Secrets(s.namespace).Create(ctx, secret, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("write chunk %d of %d: %w", number+1, len(parts), err)
		}
	}
	return nil
}

func (s *Secrets) commit(ctx context.Context, resourceVersion string, next index) (Entry, error) {
	secret, err := next.secret(resourceVersion)
	if err != nil {
		return Entry{}, err
	}
	if resourceVersion == "" {
		_, err = s.client.Secrets(s.namespace).Create(ctx, secret, metav1.CreateOptions{})
	} else {
		_, err = s.client.Secrets(s.namespace).Update(ctx, secret, metav1.UpdateOptions{})
	}
	if err != nil {
		return Entry{}, fmt.Errorf("write index Secret %s/%s: %w", s.namespace, secret.Name, err)
	}
	return next.entry(), nil
}

// settle finds out what a commit came to that did not report success. Its chunks may only go when the API server refused it: a
// request whose answer was lost can still be carried out, and would then list chunks that are gone.
func (s *Secrets) settle(ctx context.Context, next index, failure error) (Entry, error) {
	current, err := s.index(ctx, next.Name)
	if err == nil && current.Generation == next.Generation {
		return current.entry(), nil
	}
	if !refused(failure) {
		return Entry{}, failure
	}
	s.discard(ctx, next)
	if err == nil && current.Digest == next.Digest {
		return current.entry(), nil
	}
	if apierrors.IsConflict(failure) || apierrors.IsAlreadyExists(failure) {
		return Entry{}, fmt.Errorf("%w (%w)", ErrConflict, failure)
	}
	return Entry{}, failure
}

// refused says that the API server answered, and that it did not do what was asked.
func refused(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return false
	}
	code := status.Status().Code
	return code >= http.StatusBadRequest && code < http.StatusInternalServerError && code != http.StatusRequestTimeout
}

// discard removes chunks that no index lists any more. They are in nobody's way, so that what fails here is left
// to Sweep.
func (s *Secrets) discard(ctx context.Context, i index) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	_ = s.deleteChunks(ctx, i)
}
