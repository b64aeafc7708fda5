package integration

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/admission"
	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
)

// newCatalog has a cache that never gets what is not labelled, which is a cache that lags for ever.
func newCatalog(t *testing.T) (*admissionWorld, *admission.Catalog) {
	t.Helper()
	w := &admissionWorld{id: newNamespace(t, "catalog"), admin: adminClient(t)}
	timely := cached(t, cache.Options{DefaultLabelSelector: labels.SelectorFromSet(labels.Set{admissionLabel: w.id})})
	return w, &admission.Catalog{Cached: timely, Live: w.admin}
}

func TestCatalogLooksOnceMoreBeforeItSaysNo(t *testing.T) {
	w, catalog := newCatalog(t)
	ctx := deadline(t)
	timely, late := w.baseline("timely", "foo"), w.baseline("late", "foo")
	backup, lateBackup := w.backup("timely", "services"), w.backup("late", "services")
	late.Labels, lateBackup.Labels = nil, nil
	for _, object := range []client.Object{timely, late, backup, lateBackup} {
		w.create(t, w.admin, object)
	}
	for name, want := range map[string]bool{timely.Name: true, late.Name: true, w.name("absent"): false, "No/Name": false, "": false, "..": false} {
		baseline, err := catalog.Baseline(ctx, name)
		if err != nil || (baseline != nil) != want || want && baseline.Name != name {
			t.Errorf("Baseline(%q) = %v, %v; want one: %v", name, baseline, err, want)
		}
		found, err := catalog.Backup(ctx, name)
		if err != nil || (found != nil) != want || want && found.Name != name {
			t.Errorf("Backup(%q) = %v, %v; want one: %v", name, found, err, want)
		}
	}
	// The list is what the cache has: it helps, and decides nothing.
	if err := cluster.Eventually(ctx, func(ctx context.Context) error {
		baselines, err := catalog.Baselines(ctx)
		if err != nil {
			return err
		}
		if len(baselines) != 1 || baselines[0].Name != timely.Name {
			return fmt.Errorf("%d Baselines", len(baselines))
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

func TestCatalogFindsEveryUseOfABackup(t *testing.T) {
	w, catalog := newCatalog(t)
	ctx := deadline(t)
	// More than one page, and nothing of it in the cache. The first and the last by name use the backup.
	var creating errgroup.Group
	creating.SetLimit(16)
	for i := range 510 {
		other := w.baseline(fmt.Sprintf("b-%03d", i), "other")
		other.Labels = map[string]string{"page": w.id}
		creating.Go(func() error { return w.admin.Create(ctx, other) })
	}
	for _, name := range []string{"z-last", "a-first"} {
		user := w.baseline(name, "foo")
		user.Labels = map[string]string{"page": w.id}
		creating.Go(func() error { return w.admin.Create(ctx, user) })
	}
	t.Cleanup(func() {
		if err := w.admin.DeleteAllOf(context.Background(), &v1alpha1.Baseline{}, client.MatchingLabels{"page": w.id}); err != nil {
			t.Error(err)
		}
	})
	if err := creating.Wait(); err != nil {
		t.Fatal(err)
	}
	names, err := catalog.BaselinesUsing(ctx, w.name("foo"))
	if want := []string{w.name("a-first"), w.name("z-last")}; err != nil || !slices.Equal(names, want) {
		t.Errorf("%q, %v; want %q", names, err, want)
	}
	if names, err := catalog.BaselinesUsing(ctx, w.name("unused")); err != nil || len(names) > 0 {
		t.Errorf("%q, %v use what nobody uses", names, err)
	}
}

func TestCatalogTellsErrors(t *testing.T) {
	w, catalog := newCatalog(t)
	config, err := testCluster.UserConfig(deadline(t), w.name("nobody"), nil)
	if err != nil {
		t.Fatal(err)
	}
	catalog.Live = reachAs(t, config)
	check := func(want string, err error) {
		t.Helper()
		if !apierrors.IsForbidden(err) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	_, err = catalog.Baseline(deadline(t), "web")
	check(`reading Baseline "web": `, err)
	_, err = catalog.Backup(deadline(t), "foo-svc")
	check(`reading BaselineBackup "foo-svc": `, err)
	_, err = catalog.BaselinesUsing(deadline(t), "foo-svc")
	check(`listing the Baselines that use BaselineBackup "foo-svc": `, err)
}
