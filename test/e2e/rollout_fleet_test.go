//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// canaryLabel selects the namespace of the first step.
const canaryLabel = "seedbed-e2e-canary"

// fleetTimeout bounds an action on every namespace of hundreds.
const fleetTimeout = 15 * time.Minute

// Numbers of the namespaces with a story of their own. They have a pod.
const (
	canary = iota
	adder
	changer
	deleter
)

// rolloutFleet is the namespaces of a rollout: the first ones have a pod that mounts the Secret, and as many others have none.
type rolloutFleet struct {
	*env
	pods int
}

func (f *rolloutFleet) size() int { return 2 * f.pods }

func (f *rolloutFleet) namespace(i int) string { return f.runName(fmt.Sprintf("fleet-%03d", i)) }

// password returns the password that each namespace should have when the others have this one.
func (f *rolloutFleet) password(others string) func(i int) string {
	return func(i int) string {
		if i == changer {
			return "mine"
		}
		return others
	}
}

// forEach calls do for the first count namespaces, eight at a time.
func (f *rolloutFleet) forEach(t *testing.T, count int, do func(ctx context.Context, i int) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), fleetTimeout)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i := range count {
		group.Go(func() error { return do(ctx, i) })
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

// createNamespaces creates the namespaces. There may be hundreds: the cleanup does not wait for them.
func (f *rolloutFleet) createNamespaces(t *testing.T) {
	t.Helper()
	f.forEach(t, f.size(), func(ctx context.Context, i int) error {
		labels := map[string]string{teamLabel: f.run, loadLabel: "rollout"}
		if i == canary {
			labels[canaryLabel] = "yes"
		}
		return f.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: f.namespace(i), Labels: labels}})
	})
}

// awaitCounts waits until so many namespaces are updated and outdated.
func (f *rolloutFleet) awaitCounts(t *testing.T, updated, outdated int) {
	t.Helper()
	f.requireEventually(t, func(ctx context.Context) error {
		read := &v1alpha1.Baseline{}
		if err := f.Get(ctx, client.ObjectKey{Name: baseline}, read); err != nil {
			return err
		}
		counts := read.Status.NamespaceCounts
		if int(counts.Namespaces) != f.size() || int(counts.UpdatedNamespaces) != updated || int(counts.OutdatedNamespaces) != outdated {
			return fmt.Errorf("the counts are %+v, want %d namespaces, %d updated and %d outdated", counts, f.size(), updated, outdated)
		}
		return nil
	})
}

func (f *rolloutFleet) getSecret(t *testing.T, i int) *corev1.Secret {
	t.Helper()
	secret := &corev1.Secret{}
	if err := f.Get(f.newContext(t), client.ObjectKey{Namespace: f.namespace(i), Name: "login"}, secret); err != nil {
		t.Fatal(err)
	}
	return secret
}

// requirePasswords checks the password of each namespace.
func (f *rolloutFleet) requirePasswords(t *testing.T, others string) {
	t.Helper()
	for i := range f.size() {
		if got, want := string(f.getSecret(t, i).Data["password"]), f.password(others)(i); got != want {
			t.Errorf("namespace %s has password %q, want %q", f.namespace(i), got, want)
		}
	}
}

func (f *rolloutFleet) countPassword(t *testing.T, password string) int {
	t.Helper()
	count := 0
	for i := range f.size() {
		if string(f.getSecret(t, i).Data["password"]) == password {
			count++
		}
	}
	return count
}
