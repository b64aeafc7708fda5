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

// Names that every step uses.
const (
	backup   = "web-1"
	baseline = "web"
	// teamLabel is the label that the baseline selects.
	teamLabel = "seedbed-e2e-team"
)

// testBackup creates the source namespace, a backup of all of it, and the baseline.
func testBackup(t *testing.T, e *env) {
	source := e.runName("source")
	e.createObjects(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: source}})
	e.createObjects(t, contentOf(source)...)
	e.createSourceBaseline(t)
}

// testAnnotatedNamespace creates a namespace that asks for the baseline.
func testAnnotatedNamespace(t *testing.T, e *env) {
	e.createPopulated(t, e.newAskingNamespace("annotated", baseline))
	requireContains(t, e.mustRun(t, "seedbed", "restore", "describe", baseline, "--namespace", e.runName("annotated")), "Completed", backup)
}

// testSelectedNamespace creates a namespace that the baseline selects.
func testSelectedNamespace(t *testing.T, e *env) {
	e.createPopulated(t, e.newTeamNamespace("selected"))
}

// testManualRestore previews and then runs a restore without a baseline, into a namespace that the CLI creates.
func testManualRestore(t *testing.T, e *env) {
	target := e.runName("by-hand")
	call := []string{"restore", "create", "by-hand", "--from-backup", backup, "--namespace-mappings", e.runName("source") + ":" + target}
	requireContains(t, e.mustRun(t, "seedbed", append(call, "--dry-run")...), target+", which does not exist yet", "services/extname-1", "Nothing was written")
	e.mustRun(t, "seedbed", append(call, "--wait")...)
	if err := e.checkContent(e.newContext(t), target); err != nil {
		t.Error(err)
	}
}

// newTeamNamespace returns a namespace that the baseline selects.
func (e *env) newTeamNamespace(base string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: e.runName(base), Labels: map[string]string{teamLabel: e.run}}}
}

// createPopulated creates a namespace, waits until it is populated, and checks its content.
func (e *env) createPopulated(t *testing.T, namespace *corev1.Namespace) {
	t.Helper()
	began := time.Now()
	e.createObjects(t, namespace)
	e.awaitCondition(t, namespace.Name, v1alpha1.ReasonRestored, corev1.ConditionTrue)
	t.Logf("namespace %s was populated %s after its create was sent", namespace.Name, time.Since(began).Round(time.Millisecond))
	if err := e.checkContent(e.newContext(t), namespace.Name); err != nil {
		t.Error(err)
	}
	record := &v1alpha1.BaselineRecord{}
	if err := e.Get(e.newContext(t), client.ObjectKey{Namespace: namespace.Name, Name: baseline}, record); err != nil {
		t.Fatal(err)
	}
	if counts := record.Result.Counts; int(counts.Created) != len(contentOf("")) || counts.Failed != 0 || len(record.Result.Warnings) > 0 {
		t.Errorf("namespace %s: the record counts %+v, with the warnings %q", namespace.Name, counts, record.Result.Warnings)
	}
}

// checkContent returns an error that lists the missing and different objects of a namespace.
func (e *env) checkContent(ctx context.Context, namespace string) error {
	var problems []error
	for _, want := range contentOf(namespace) {
		problems = append(problems, e.checkObject(ctx, want))
	}
	return errors.Join(problems...)
}

func (e *env) checkObject(ctx context.Context, want client.Object) error {
	kind, err := e.GroupVersionKindFor(want)
	if err != nil {
		return err
	}
	empty, err := e.Scheme().New(kind)
	if err != nil {
		return err
	}
	got := empty.(client.Object)
	if err := e.Get(ctx, client.ObjectKeyFromObject(want), got); err != nil {
		return err
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreTypes(metav1.ObjectMeta{}, metav1.TypeMeta{}), cmpopts.EquateEmpty(),
		ignoreDefaults); diff != "" {
		return fmt.Errorf("%T %s of namespace %s: %s", want, want.GetName(), want.GetNamespace(), diff)
	}
	return nil
}

// ignoreDefaults ignores the fields that the API server defaults.
var ignoreDefaults = cmp.Options{
	cmpopts.IgnoreFields(corev1.Secret{}, "Type"),
	cmpopts.IgnoreFields(corev1.ServiceSpec{}, "SessionAffinity", "InternalTrafficPolicy"),
}
