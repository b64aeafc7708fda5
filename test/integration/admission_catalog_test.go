package integration

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/admission"
	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
)

// newCatalog returns a catalog whose cache never gets objects without the label: a cache that lags forever.
func newCatalog(t *testing.T) (*admissionEnv, *admission.Catalog) {
	t.Helper()
	e := &admissionEnv{id: newNamespace(t, "catalog"), admin: adminClient(t)}
	timely := newCachedReader(t, cache.Options{DefaultLabelSelector: labels.SelectorFromSet(labels.Set{admissionLabel: e.id})})
	return e, &admission.Catalog{Cached: timely, Live: e.admin}
}

func TestCatalogReadsLiveBeforeNotFound(t *testing.T) {
	e, catalog := newCatalog(t)
	ctx := testContext(t)
	timely, late := e.newBaseline("timely", "foo"), e.newBaseline("late", "foo")
	backup, lateBackup := e.newBackup("timely", "services"), e.newBackup("late", "services")
	late.Labels, lateBackup.Labels = nil, nil
	for _, object := range []client.Object{timely, late, backup, lateBackup} {
		e.createObject(t, e.admin, object)
	}
	for name, want := range map[string]bool{timely.Name: true, late.Name: true, e.uniqueName("absent"): false, "No/Name": false, "": false, "..": false} {
		baseline, err := catalog.Baseline(ctx, name)
		if err != nil || (baseline != nil) != want || want && baseline.Name != name {
			t.Errorf("Baseline(%q) = %v, %v; want one: %v", name, baseline, err, want)
		}
		found, err := catalog.Backup(ctx, name)
		if err != nil || (found != nil) != want || want && found.Name != name {
			t.Errorf("Backup(%q) = %v, %v; want one: %v", name, found, err, want)
		}
	}
	// The list is the cache's: it only helps.
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

func TestCatalogFindsEveryUseOfBackup(t *testing.T) {
	e, catalog := newCatalog(t)
	ctx := testContext(t)
	// More than one page, and nothing of it in the cache. The first and the last by name use the backup.
	var creating errgroup.Group
	creating.SetLimit(16)
	for i := range 510 {
		other := e.newBaseline(fmt.Sprintf("b-%03d", i), "other")
		other.Labels = map[string]string{"page": e.id}
		creating.Go(func() error { return e.admin.Create(ctx, other) })
	}
	for _, name := range []string{"z-last", "a-first"} {
		user := e.newBaseline(name, "foo")
		user.Labels = map[string]string{"page": e.id}
		creating.Go(func() error { return e.admin.Create(ctx, user) })
	}
	t.Cleanup(func() {
		if err := e.admin.DeleteAllOf(cleanupContext(t), &v1alpha1.Baseline{}, client.MatchingLabels{"page": e.id}); err != nil {
			t.Error(err)
		}
	})
	if err := creating.Wait(); err != nil {
		t.Fatal(err)
	}
	earlier := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("b-509")}}
	history := fmt.Appendf(nil, `{"status":{"history":[{"revision":2,"backup":"other"},{"revision":1,"backup":%q}]}}`, e.uniqueName("foo"))
	if err := e.admin.Status().Patch(ctx, earlier, client.RawPatch(types.MergePatchType, history)); err != nil {
		t.Fatal(err)
	}
	users, err := catalog.BaselinesUsing(ctx, e.uniqueName("foo"))
	want := admission.BackupUsers{Current: []string{e.uniqueName("a-first"), e.uniqueName("z-last")}, Earlier: []string{earlier.Name}}
	if err != nil || !equality.Semantic.DeepEqual(users, want) {
		t.Errorf("%+v, %v; want %+v", users, err, want)
	}
	if users, err := catalog.BaselinesUsing(ctx, e.uniqueName("unused")); err != nil || len(users.Current)+len(users.Earlier) > 0 {
		t.Errorf("%+v, %v use an unused backup", users, err)
	}
}

func TestCatalogReturnsErrors(t *testing.T) {
	e, catalog := newCatalog(t)
	config, err := testCluster.UserConfig(testContext(t), e.uniqueName("nobody"), nil)
	if err != nil {
		t.Fatal(err)
	}
	catalog.Live = newClient(t, config)
	check := func(want string, err error) {
		t.Helper()
		if !apierrors.IsForbidden(err) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	_, err = catalog.Baseline(testContext(t), "web")
	check(`reading Baseline "web": `, err)
	_, err = catalog.Backup(testContext(t), "foo-svc")
	check(`reading BaselineBackup "foo-svc": `, err)
	_, err = catalog.BaselinesUsing(testContext(t), "foo-svc")
	check(`listing the Baselines that use BaselineBackup "foo-svc": `, err)
}
