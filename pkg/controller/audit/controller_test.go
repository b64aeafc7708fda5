package audit

import (
	"context"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/audit"
	"seedbed.dev/seedbed/pkg/controller/queue"
	"seedbed.dev/seedbed/test/seedbed"
)

// fakeAuditor counts audits.
type fakeAuditor int

func (a *fakeAuditor) Run(context.Context, []audit.Holder, string, func(*audit.Holder) bool, func(context.Context, audit.Finding) error) (audit.Result, error) {
	*a++
	return audit.Result{}, nil
}

// noHolders has no namespaces.
type noHolders struct{}

func (noHolders) Holders(context.Context) ([]audit.Holder, error) { return nil, nil }
func (noHolders) IsCurrent(context.Context, *audit.Holder) bool   { return true }

// A request is answered once, although the cache has not the answer yet when the next event comes.
func TestRequestIsAnsweredOnce(t *testing.T) {
	baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "web", UID: "1", Annotations: map[string]string{v1alpha1.AnnotationAuditRequested: "a"}}}
	written := 0
	cached := fake.NewClientBuilder().WithScheme(seedbed.Scheme()).WithObjects(baseline).WithInterceptorFuncs(interceptor.Funcs{
		SubResourcePatch: func(context.Context, client.Client, string, client.Object, client.Patch, ...client.SubResourcePatchOption) error {
			written++ // and the cache stays as it is
			return nil
		},
	}).Build()
	var made fakeAuditor
	r := &Reconciler{Client: cached, Fleet: noHolders{}, Auditor: &made, Findings: NewFindings(), Clock: clock.RealClock{}, answered: map[types.UID]string{}}
	requireAudits := func(want int) {
		t.Helper()
		if _, err := r.Reconcile(t.Context(), queue.RequestFor("web")); err != nil || int(made) != want || written != want {
			t.Errorf("%v; %d audits, %d answers, want %d", err, made, written, want)
		}
	}
	requireAudits(1)
	requireAudits(1)
	baseline.Annotations[v1alpha1.AnnotationAuditRequested] = "b"
	if err := cached.Update(t.Context(), baseline); err != nil {
		t.Fatal(err)
	}
	requireAudits(2)
}
