//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// What every step uses.
const (
	backup   = "web-1"
	baseline = "web"
	// teamLabel is what the baseline's selector looks for.
	teamLabel = "seedbed-e2e-team"
)

// backUp makes the source namespace, a backup of all of it, and the baseline.
func backUp(t *testing.T, w *world) {
	source := w.name("source")
	w.create(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: source}})
	w.create(t, contentOf(source)...)
	w.createBaseline(t)
}

// annotated creates a namespace that asks for the baseline.
func annotated(t *testing.T, w *world) {
	w.createPopulated(t, w.asking("annotated", baseline))
	says(t, w.must(t, "seedbed", "restore", "describe", baseline, "--namespace", w.name("annotated")), "Completed", backup)
}

// selected creates a namespace that the baseline's selector takes.
func selected(t *testing.T, w *world) {
	w.createPopulated(t, w.ofTeam("selected"))
}

// byHand restores without a baseline, into a namespace that the CLI makes, after it was asked what that would do.
func byHand(t *testing.T, w *world) {
	target := w.name("by-hand")
	call := []string{"restore", "create", "by-hand", "--from-backup", backup, "--namespace-mappings", w.name("source") + ":" + target}
	says(t, w.must(t, "seedbed", append(call, "--dry-run")...), target+", which does not exist yet", "services/extname-1", "Nothing was written")
	w.must(t, "seedbed", append(call, "--wait")...)
	if err := w.holds(w.context(t), target); err != nil {
		t.Error(err)
	}
}

// ofTeam makes the object of a namespace that the selector takes.
func (w *world) ofTeam(base string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.name(base), Labels: map[string]string{teamLabel: w.run}}}
}

// createPopulated creates a namespace that is to be populated, and checks what is in it.
func (w *world) createPopulated(t *testing.T, namespace *corev1.Namespace) {
	t.Helper()
	began := time.Now()
	w.create(t, namespace)
	w.awaitCondition(t, namespace.Name, v1alpha1.ReasonRestored, corev1.ConditionTrue)
	t.Logf("namespace %s was populated %s after its create was sent", namespace.Name, time.Since(began).Round(time.Millisecond))
	if err := w.holds(w.context(t), namespace.Name); err != nil {
		t.Error(err)
	}
	record := &v1alpha1.BaselineRecord{}
	if err := w.Get(w.context(t), client.ObjectKey{Namespace: namespace.Name, Name: baseline}, record); err != nil {
		t.Fatal(err)
	}
	if counts := record.Result.Counts; int(counts.Created) != len(contentOf("")) || counts.Failed != 0 || len(record.Result.Warnings) > 0 {
		t.Errorf("namespace %s: the record says %+v, with the warnings %q", namespace.Name, counts, record.Result.Warnings)
	}
}

// holds says what a namespace lacks of the source's content, or has otherwise.
func (w *world) holds(ctx context.Context, namespace string) error {
	var problems []error
	for _, want := range contentOf(namespace) {
		problems = append(problems, w.has(ctx, want))
	}
	return errors.Join(problems...)
}

func (w *world) has(ctx context.Context, want client.Object) error {
	kind, err := w.GroupVersionKindFor(want)
	if err != nil {
		return err
	}
	empty, err := w.Scheme().New(kind)
	if err != nil {
		return err
	}
	got := empty.(client.Object)
	if err := w.Get(ctx, client.ObjectKeyFromObject(want), got); err != nil {
		return err
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreTypes(metav1.ObjectMeta{}, metav1.TypeMeta{}), cmpopts.EquateEmpty(),
		ignoreDefaults); diff != "" {
		return fmt.Errorf("%T %s of namespace %s: %s", want, want.GetName(), want.GetNamespace(), diff)
	}
	return nil
}

// ignoreDefaults leaves out what the API server fills in.
var ignoreDefaults = cmp.Options{
	cmpopts.IgnoreFields(corev1.Secret{}, "Type"),
	cmpopts.IgnoreFields(corev1.ServiceSpec{}, "SessionAffinity", "InternalTrafficPolicy"),
}
