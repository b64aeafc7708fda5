package flow

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

const (
	argoManager = "argocd-controller"
	// reconciledEvery is the interval at which the reconciler writes the spec again.
	reconciledEvery = 3 * time.Second
)

// reconciler applies a Baseline's manifest again and again, as GitOps does.
type reconciler struct {
	f       *fleet
	desired *v1alpha1.Baseline

	mu      sync.Mutex
	applied int
	failed  error
}

// startReconciler applies the present spec at once, and then every three seconds until the test ends.
func (f *fleet) startReconciler() *reconciler {
	f.t.Helper()
	r := &reconciler{f: f, desired: &v1alpha1.Baseline{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Baseline"},
		ObjectMeta: metav1.ObjectMeta{Name: f.baseline.Name}, Spec: *f.baseline.Spec.DeepCopy(),
	}}
	ctx, cancel := context.WithCancel(f.t.Context())
	ended := make(chan struct{})
	f.t.Cleanup(func() { cancel(); <-ended })
	go func() {
		defer close(ended)
		ticker := time.NewTicker(reconciledEvery)
		defer ticker.Stop()
		for {
			r.apply(ctx)
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	}()
	r.awaitApplied(1)
	return r
}

func (r *reconciler) apply(ctx context.Context) {
	object := r.desired.DeepCopy()
	err := r.f.Client.Patch(ctx, object, client.Apply, client.FieldOwner(argoManager), client.ForceOwnership) //nolint:staticcheck // typed objects have no apply configuration
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil:
		r.applied++
	case ctx.Err() == nil:
		r.failed = err
	}
}

func (r *reconciler) count() (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.applied, r.failed
}

// awaitApplied waits until the spec was applied so many times more, and the API server has it as the reconciler's.
func (r *reconciler) awaitApplied(more int) {
	r.f.t.Helper()
	before, _ := r.count()
	r.f.eventually(func(ctx context.Context) error {
		applied, err := r.count()
		if err != nil {
			r.f.t.Fatal(err)
		}
		if applied < before+more {
			return fmt.Errorf("applied %d times, want %d", applied, before+more)
		}
		baseline := &v1alpha1.Baseline{}
		if err := r.f.Client.Get(ctx, client.ObjectKeyFromObject(r.desired), baseline); err != nil {
			return err
		}
		for _, entry := range baseline.ManagedFields {
			if entry.Manager == argoManager && entry.Operation == metav1.ManagedFieldsOperationApply && baseline.Spec.Backup == r.desired.Spec.Backup {
				return nil
			}
		}
		return fmt.Errorf("the spec is %+v, of %+v", baseline.Spec, baseline.ManagedFields)
	})
}

// A reconciler that writes the Baseline's spec every three seconds does not end a pause. set and undo print the manifest to commit
// instead of a change that it would revert; with --force it reverts them.
func TestPauseOutlastsGitOps(t *testing.T) {
	f := newCanaryRollout(sharedInstallation(t))
	first := f.baseline.Spec.Backup
	f.rotate("new")
	f.awaitRollout(v1alpha1.ReasonAwaitingApproval)
	r := f.startReconciler()
	t.Log(f.runTool("baseline", "rollout", "pause", f.baseline.Name))
	f.approveAll()
	r.awaitApplied(4)
	f.awaitRollout(v1alpha1.ReasonPaused)
	f.requireOnlyCanary("while the spec was applied four times")
	for _, command := range [][]string{{"baseline", "set", f.baseline.Name, "--backup", first}, {"baseline", "rollout", "undo", f.baseline.Name}} {
		f.requireRefusedByGitOps(first, command)
		t.Log(f.runTool(append(command, "--force")...))
		r.awaitApplied(1) // and the backup is the committed one again
		f.awaitRollout(v1alpha1.ReasonPaused)
		f.requireOnlyCanary(fmt.Sprintf("after %v --force was reverted", command))
	}
	f.approveAll()
	t.Log(f.runTool("baseline", "rollout", "resume", f.baseline.Name))
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	if got := f.countPassword("new"); got != f.size {
		t.Errorf("%d namespaces have the new password after the pause, want all", got)
	}
	f.awaitCounts("resumed", f.allCurrent())
}

// requireOnlyCanary fails the test unless the first namespace alone has the new password.
func (f *fleet) requireOnlyCanary(step string) {
	f.t.Helper()
	for i, password := range f.passwords() {
		if want := map[bool]string{true: "new", false: "old"}[i == 0]; password != want {
			f.t.Errorf("%s: namespace %d has the password %q, want %q", step, i, password, want)
		}
	}
}

// requireRefusedByGitOps fails the test unless a command prints the manifest with a backup, and changes nothing.
func (f *fleet) requireRefusedByGitOps(backup string, command []string) {
	f.t.Helper()
	tool, err := f.Tool(f.ctx(), command...)
	if err != nil {
		f.t.Fatal(err)
	}
	out, err := tool.CombinedOutput()
	if err == nil {
		f.t.Errorf("seedbed %v succeeds: %s", command, out)
	}
	f.t.Logf("seedbed %v:\n%s", command, out)
	f.requireContains(string(out), "kind: Baseline", "backup: "+backup, "nothing was changed, because Argo CD (field manager "+argoManager+") manages", "--force")
}
