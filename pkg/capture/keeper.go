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

// Keys of what is stored beside a backup's content.
const (
	metaSelection = "selection"
	metaSummary   = "summary"
	// metaSelected spells the selection out, for people.
	metaSelected = "selected"
	// metaUID is the UID of the BaselineBackup that the content was taken for.
	metaUID = "uid"
)

// Kept is a backup that is stored.
type Kept struct {
	Summary
	Digest string
	// Size of the stored archive, in bytes.
	Size int64
	// Stored is when.
	Stored time.Time
	// TakenFor is the UID of the BaselineBackup that it was taken for; empty where an earlier release stored it.
	TakenFor types.UID
}

// Summary is what is told of a backup without reading its content. It is stored beside it, so that a
// backup that is adopted says what the first one did.
type Summary struct {
	FormatVersion string                   `json:"formatVersion"`
	Items         int32                    `json:"items"`
	Counts        []v1alpha1.ResourceCount `json:"counts,omitempty"`
	Warnings      []string                 `json:"warnings,omitempty"`
	Errors        []string                 `json:"errors,omitempty"`
}

// Keeper takes backups and keeps them in a store.
type Keeper struct {
	capturer *Capturer
	store    store.Store
	// turn is held by the one that takes a backup: each is held in memory until it is stored.
	turn chan struct{}
}

// NewKeeper makes a Keeper.
func NewKeeper(capturer *Capturer, store store.Store) *Keeper {
	return &Keeper{capturer: capturer, store: store, turn: make(chan struct{}, 1)}
}

// ErrUnusable says that content stored under the backup's name cannot be read. It is not taken again by itself: the source
// may have changed since.
var ErrUnusable = errors.New("stored content cannot be adopted: delete this backup to remove it, then create it again")

// Find returns the content that is stored under the backup's name for its selection, once it is read and checked; nil if
// there is none. An error is or wraps ErrUnusable or ErrOtherSelection where content stands in the way of this backup.
func (k *Keeper) Find(ctx context.Context, backup *v1alpha1.BaselineBackup) (*Kept, error) {
	entry, err := k.entry(ctx, backup.Name)
	if err != nil {
		return nil, err
	}
	if entry != nil && entry.Meta[metaSelection] != SelectionHash(&backup.Spec) {
		return nil, otherSelection(entry)
	}
	// An entry that is not listed may be there and damaged, so the store is asked in any case.
	_, _, err = k.store.Get(ctx, backup.Name)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case errors.Is(err, store.ErrCorrupt):
		return nil, fmt.Errorf("%w: %w", ErrUnusable, err)
	case err != nil:
		return nil, err
	case entry == nil:
		return nil, fmt.Errorf("reading the entry of backup %s: it was stored meanwhile", backup.Name)
	}
	return kept(*entry)
}

// entry returns the description of the content stored under a name; nil if there is none, or none that can be read.
func (k *Keeper) entry(ctx context.Context, name string) (*store.Entry, error) {
	entries, err := k.store.List(ctx)
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

// Take lists what the backup selects and stores it. A backup that captured nothing is not stored. One that lacks objects because
// of a transient error is an error, unless partial is set and it has some. Backups are taken one at a time.
func (k *Keeper) Take(ctx context.Context, backup *v1alpha1.BaselineBackup, partial bool, progress func(found, written int32)) (*Kept, error) {
	select {
	case k.turn <- struct{}{}:
		defer func() { <-k.turn }()
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for the backup before this one: %w", ctx.Err())
	}
	result, err := k.capturer.Run(ctx, &backup.Spec, progress)
	if err != nil {
		return nil, err
	}
	if err := result.incomplete(); err != nil && (!partial || result.Items == 0) {
		return nil, err
	}
	summary := Summary{
		FormatVersion: result.FormatVersion, Items: result.Items, Counts: result.Counts,
		Warnings: result.Warnings, Errors: result.Errors,
	}
	if result.Items == 0 {
		return &Kept{Summary: summary, Stored: time.Now(), TakenFor: backup.UID}, nil
	}
	encoded, err := json.Marshal(summary)
	if err != nil {
		return nil, fmt.Errorf("encoding the summary: %w", err)
	}
	entry, err := k.store.Put(ctx, backup.Name, map[string]string{
		metaSelection: SelectionHash(&backup.Spec), metaSelected: describeSelection(&backup.Spec), metaSummary: string(encoded),
		metaUID: string(backup.UID),
	}, result.Content)
	if err != nil {
		return nil, fmt.Errorf("storing the archive: %w", err)
	}
	return kept(entry)
}

// Forget removes the backup's content. Content of another selection stays: the backup never held it.
func (k *Keeper) Forget(ctx context.Context, backup *v1alpha1.BaselineBackup) error {
	entry, err := k.entry(ctx, backup.Name)
	if err != nil {
		return err
	}
	if entry != nil && entry.Meta[metaSelection] != SelectionHash(&backup.Spec) {
		return nil
	}
	return k.store.Delete(ctx, backup.Name)
}

func kept(entry store.Entry) (*Kept, error) {
	out := &Kept{Digest: entry.Digest, Size: entry.Size, Stored: entry.Created, TakenFor: types.UID(entry.Meta[metaUID])}
	if err := json.Unmarshal([]byte(entry.Meta[metaSummary]), &out.Summary); err != nil {
		return nil, fmt.Errorf("reading the summary stored with backup %s: %w", entry.Name, err)
	}
	return out, nil
}
