package capture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/store"
)

// Keys of the metadata that is stored with a backup's content.
const (
	metaSelection = "selection"
	metaSummary   = "summary"
	// metaSelected is the selection in readable form.
	metaSelected = "selected"
	// metaUID is the UID of the BaselineBackup that the content was captured for.
	metaUID = "uid"
)

// StoredBackup describes a backup in the store.
type StoredBackup struct {
	Summary
	Digest string
	// Size is the size of the stored archive in bytes.
	Size int64
	// Stored is the time of storing it.
	Stored time.Time
	// TakenFor is the UID of the BaselineBackup that it was captured for. Empty means that an earlier release stored it.
	TakenFor types.UID
}

// Summary is the part of a backup's result that is stored with its content, so that a BaselineBackup that adopts the
// content reports the same.
type Summary struct {
	// FormatVersion is the version of Velero's backup format.
	FormatVersion string `json:"formatVersion"`
	// Items counts the objects in the archive, without the source Namespaces. It is 0 if nothing was selected, or if
	// nothing could be listed, which Errors then reports.
	Items int32 `json:"items"`
	// Counts holds the number of objects of each resource that has any, by name; at most 512 resources.
	Counts []v1alpha1.ResourceCount `json:"counts,omitempty"`
	// Warnings and Errors are sorted, unique and bounded for a status. They name objects and contain none of their
	// content.
	Warnings []string `json:"warnings,omitempty"`
	Errors   []string `json:"errors,omitempty"`
}

// Archiver captures backups and keeps them in a store.
type Archiver struct {
	capturer *Capturer
	store    store.Store
	// captureSlot admits one capture at a time, because each is held in memory until it is stored.
	captureSlot chan struct{}
}

// NewArchiver returns an Archiver.
func NewArchiver(capturer *Capturer, store store.Store) *Archiver {
	return &Archiver{capturer: capturer, store: store, captureSlot: make(chan struct{}, 1)}
}

// ErrUnusable means that the content stored under the backup's name cannot be read. It is not captured again automatically,
// because the source may have changed.
var ErrUnusable = errors.New("stored content cannot be adopted: delete this backup to remove it, then create it again")

// Lookup returns the content stored under the backup's name for its selection, after reading and checking it; nil if
// there is none. The error wraps ErrUnusable or ErrOtherSelection if stored content blocks this backup.
func (a *Archiver) Lookup(ctx context.Context, backup *v1alpha1.BaselineBackup) (*StoredBackup, error) {
	entry, err := a.findEntry(ctx, backup.Name)
	if err != nil {
		return nil, err
	}
	if entry != nil && entry.Meta[metaSelection] != SelectionHash(&backup.Spec) {
		return nil, otherSelectionError(entry)
	}
	// A damaged entry is not listed, so read the store in any case.
	_, _, err = a.store.Get(ctx, backup.Name)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case errors.Is(err, store.ErrCorrupt):
		return nil, fmt.Errorf("%w: %w", ErrUnusable, err)
	case err != nil:
		return nil, err
	case entry == nil:
		return nil, fmt.Errorf("reading the entry of backup %s: it was stored concurrently", backup.Name)
	}
	return newStoredBackup(*entry)
}

// findEntry returns the description of the content stored under a name; nil if there is none, or if it cannot be
// read.
func (a *Archiver) findEntry(ctx context.Context, name string) (*store.Entry, error) {
	entries, err := a.store.List(ctx)
	if err != nil && !errors.Is(err, store.ErrCorrupt) {
		return nil, err
	}
	for i := range entries {
		if entries[i].Name == name {
			return &entries[i], nil
		}
	}
	return nil, nil
}

// Capture lists the objects that the backup selects and stores them. It does not store a backup without objects. If a
// transient error kept objects out, it returns that error, unless partial is set and there are others. It captures
// one backup at a time.
func (a *Archiver) Capture(ctx context.Context, backup *v1alpha1.BaselineBackup, partial bool, progress func(found, written int32)) (*StoredBackup, error) {
	select {
	case a.captureSlot <- struct{}{}:
		defer func() { <-a.captureSlot }()
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for the backup before this one: %w", ctx.Err())
	}
	result, err := a.capturer.Run(ctx, &backup.Spec, progress)
	if err != nil {
		return nil, err
	}
	if err := result.incompleteError(); err != nil && (!partial || result.Items == 0) {
		return nil, err
	}
	if result.Items == 0 {
		return &StoredBackup{Summary: result.Summary, Stored: time.Now(), TakenFor: backup.UID}, nil
	}
	encoded, err := json.Marshal(result.Summary)
	if err != nil {
		return nil, fmt.Errorf("encoding the summary: %w", err)
	}
	entry, err := a.store.Put(ctx, backup.Name, map[string]string{
		metaSelection: SelectionHash(&backup.Spec), metaSelected: describeSelection(&backup.Spec), metaSummary: string(encoded),
		metaUID: string(backup.UID),
	}, result.Content)
	if err != nil {
		return nil, fmt.Errorf("storing the archive: %w", err)
	}
	return newStoredBackup(entry)
}

// Delete removes the backup's content. It keeps content of another selection, which is not the backup's.
func (a *Archiver) Delete(ctx context.Context, backup *v1alpha1.BaselineBackup) error {
	entry, err := a.findEntry(ctx, backup.Name)
	if err != nil {
		return err
	}
	if entry != nil && entry.Meta[metaSelection] != SelectionHash(&backup.Spec) {
		return nil
	}
	return a.store.Delete(ctx, backup.Name)
}

func newStoredBackup(entry store.Entry) (*StoredBackup, error) {
	out := &StoredBackup{Digest: entry.Digest, Size: entry.Size, Stored: entry.Created, TakenFor: types.UID(entry.Meta[metaUID])}
	if err := json.Unmarshal([]byte(entry.Meta[metaSummary]), &out.Summary); err != nil {
		return nil, fmt.Errorf("reading the summary stored with backup %s: %w", entry.Name, err)
	}
	return out, nil
}
