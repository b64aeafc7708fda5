package flow

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// While the API server answers no write into a namespace, or refuses it for its load, updates fail and the rollout stops. It goes on
// by itself, and BaselineReady never changes.
func testRolloutOutlastsOutages(t *testing.T, e *env, through *seedbed.Proxy) {
	f := newRollout(e, nil)
	var refused atomic.Int32
	answers := []int{http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable, 0}
	through.SetIntercept(func(out http.ResponseWriter, in *http.Request, pass http.Handler) {
		if in.Method == http.MethodGet || !slices.ContainsFunc(f.names(), func(name string) bool { return isAbout(in, name) }) {
			pass.ServeHTTP(out, in)
			return
		}
		code := answers[int(refused.Add(1))%len(answers)]
		if code == 0 {
			panic(http.ErrAbortHandler) // the connection ends without an answer
		}
		writeStatusError(out, code, metav1.StatusReasonUnknown)
	})
	f.rotate("new")
	f.awaitRollout(v1alpha1.ReasonTooManyFailures)
	f.requirePasswords("while nothing can be written", slices.Repeat([]string{"old"}, f.size)...)
	through.SetIntercept(nil)
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	f.requirePasswords("afterwards", slices.Repeat([]string{"new"}, f.size)...)
	if refused.Load() == 0 {
		t.Error("nothing was refused: this proves nothing")
	}
	f.eventually(func(ctx context.Context) error {
		baseline := &v1alpha1.Baseline{}
		if err := f.Client.Get(ctx, client.ObjectKeyFromObject(f.baseline), baseline); err != nil {
			return err
		}
		if baseline.Status.NamespaceCounts != f.allCurrent() {
			return fmt.Errorf("the counts are %+v", baseline.Status.NamespaceCounts)
		}
		return nil
	})
}

// names returns the names of the fleet's namespaces.
func (f *fleet) names() []string {
	var names []string
	for i := range f.size {
		names = append(names, f.namespaceName(i))
	}
	return names
}
