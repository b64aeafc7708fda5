package admission

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Baselines finds Baselines.
type Baselines interface {
	// Baseline returns the one of that name; nil if there is none.
	Baseline(ctx context.Context, name string) (*v1alpha1.Baseline, error)
	// Baselines returns those of the cache. They are shared: the caller must not change them.
	Baselines(ctx context.Context) ([]v1alpha1.Baseline, error)
}

// Backups finds BaselineBackups.
type Backups interface {
	// Backup returns the one of that name; nil if there is none.
	Backup(ctx context.Context, name string) (*v1alpha1.BaselineBackup, error)
}

// BackupUses finds the users of a backup.
type BackupUses interface {
	// BaselinesUsing returns the Baselines that name the backup. It does not read from a cache.
	BaselinesUsing(ctx context.Context, backup string) (BackupUsers, error)
	// CountHolders returns the number of records that name the backup. It reads from a cache: a record that it misses loses
	// nothing that it holds.
	CountHolders(ctx context.Context, backup string) (int, error)
}

// BackupUsers lists the names of the Baselines that use a backup, sorted.
type BackupUsers struct {
	// Current are those with the backup in spec.backup.
	Current []string
	// Earlier are the others with the backup in status.history.
	Earlier []string
}

// add adds the Baseline if it uses the backup.
func (u *BackupUsers) add(baseline *v1alpha1.Baseline, backup string) {
	switch {
	case baseline.Spec.Backup == backup:
		u.Current = append(u.Current, baseline.Name)
	case baseline.UsesBackup(backup):
		u.Earlier = append(u.Earlier, baseline.Name)
	}
}

// pageSize is an upper bound of the objects that one live list holds in memory.
const pageSize = 500

// Catalog finds Seedbed's objects in the cache, and in the API server if the cache has none of that name, because a cache
// lags. It is safe for concurrent use.
type Catalog struct {
	// Cached reads Baselines and BaselineBackups from watches.
	Cached client.Reader
	// Live reads them from the API server.
	Live client.Reader
}

// Baseline implements Baselines.
func (c *Catalog) Baseline(ctx context.Context, name string) (*v1alpha1.Baseline, error) {
	return getCachedOrLive(ctx, c, kindBaseline, name, &v1alpha1.Baseline{})
}

// Baselines implements Baselines.
func (c *Catalog) Baselines(ctx context.Context) ([]v1alpha1.Baseline, error) {
	var list v1alpha1.BaselineList
	if err := c.Cached.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing Baselines: %w", err)
	}
	return list.Items, nil
}

// Backup implements Backups.
func (c *Catalog) Backup(ctx context.Context, name string) (*v1alpha1.BaselineBackup, error) {
	return getCachedOrLive(ctx, c, kindBackup, name, &v1alpha1.BaselineBackup{})
}

// BaselinesUsing implements BackupUses.
func (c *Catalog) BaselinesUsing(ctx context.Context, backup string) (users BackupUsers, err error) {
	next := ""
	for {
		var list v1alpha1.BaselineList // a new one: decoding keeps the fields that a page does not mention
		if err := c.Live.List(ctx, &list, client.Limit(pageSize), client.Continue(next)); err != nil {
			return BackupUsers{}, fmt.Errorf("listing the Baselines that use BaselineBackup %.64q: %w", backup, err)
		}
		for i := range list.Items {
			users.add(&list.Items[i], backup)
		}
		if next = list.Continue; next == "" {
			slices.Sort(users.Current)
			slices.Sort(users.Earlier)
			return users, nil
		}
	}
}

// CountHolders implements BackupUses.
func (c *Catalog) CountHolders(ctx context.Context, backup string) (int, error) {
	var list v1alpha1.BaselineRecordList
	if err := c.Cached.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return 0, fmt.Errorf("listing the records that hold BaselineBackup %.64q: %w", backup, err)
	}
	count := 0
	for i := range list.Items {
		if record := &list.Items[i]; record.DeletionTimestamp == nil && record.HeldRevision().Backup == backup {
			count++
		}
	}
	return count, nil
}

// getCachedOrLive reads an object of a kind into object and returns it; nil if there is none of that name.
func getCachedOrLive[T client.Object](ctx context.Context, c *Catalog, kind, name string, object T) (none T, err error) {
	if len(validation.IsDNS1123Subdomain(name)) > 0 {
		return none, nil // the API server would answer with an error
	}
	key := client.ObjectKey{Name: name}
	if err = c.Cached.Get(ctx, key, object); apierrors.IsNotFound(err) {
		err = c.Live.Get(ctx, key, object)
	}
	switch {
	case err == nil:
		return object, nil
	case apierrors.IsNotFound(err):
		return none, nil
	default:
		return none, fmt.Errorf("reading %s %.64q: %w", kind, name, err)
	}
}
