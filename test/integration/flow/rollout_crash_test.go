package flow

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// crashingRollout is a rollout whose first leader is cut off from a namespace at one of its calls.
type crashingRollout struct {
	*fleet
	through *seedbed.Proxy
	leader  *seedbed.Controller
	source  string
	cut     atomic.Bool
}

// newCrashingRollout makes a rollout over namespaces of that number that hold the objects.
func newCrashingRollout(t *testing.T, size int, objects ...client.Object) *crashingRollout {
	e := newInstallation(t)
	c := &crashingRollout{fleet: &fleet{env: e, size: size, label: e.uniqueName("fleet")}, through: e.newProxy()}
	c.leader = e.startController("--kubeconfig=" + c.through.Kubeconfig)
	c.source = e.createSource(objects...)
	c.baseline = e.createBaseline(e.createBackup(c.source, "configmaps", "secrets").Name, func(spec *v1alpha1.BaselineSpec) {
		c.selectByLabel(spec)
		spec.Rollout = &v1alpha1.BaselineRollout{}
	})
	c.createNamespaces()
	c.awaitCounts("populated", c.allCurrent())
	return c
}

// cutAt makes the leader's calls about the first namespace fail from the first one on that is such a write.
func (c *crashingRollout) cutAt(method, resource string) {
	c.through.SetIntercept(func(out http.ResponseWriter, in *http.Request, pass http.Handler) {
		if isAbout(in, c.namespaceName(0)) {
			isCut := in.Method == method && strings.Contains(in.URL.Path, "/"+resource) && !in.URL.Query().Has("dryRun")
			if c.cut.Load() || isCut {
				c.cut.Store(true)
				panic(http.ErrAbortHandler)
			}
		}
		pass.ServeHTTP(out, in)
	})
}

func (c *crashingRollout) awaitCut() {
	c.t.Helper()
	c.eventually(func(context.Context) error {
		if c.cut.Load() {
			return nil
		}
		return fmt.Errorf("the call did not come")
	})
}

// setMode replaces the ConfigMap of the source by another one of that name.
func (c *crashingRollout) setMode(mode string, immutable bool) {
	c.t.Helper()
	settings := configMap("settings")
	settings.Namespace = c.source
	c.deleteObjects(settings)
	c.createObjects(newMode(c.source, mode, immutable))
}

func newMode(namespace, mode string, immutable bool) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "settings"}, Data: map[string]string{"mode": mode}, Immutable: &immutable}
}

// handOver kills the leader and starts another one.
func (c *crashingRollout) handOver() {
	c.t.Helper()
	c.leader.Kill()
	c.through.SetIntercept(nil)
	c.startController()
}

func (c *crashingRollout) requireMode(i int, want string) {
	c.t.Helper()
	settings := &corev1.ConfigMap{}
	if exists := c.objectExists(settings, c.namespaceName(i), "settings"); settings.Data["mode"] != want {
		c.t.Errorf("namespace %d: the ConfigMap exists: %t, and has %v, want %q", i, exists, settings.Data, want)
	}
}

// An object with immutable fields is deleted and created. A crash between the two is no tenant's deletion.
func TestRecreationSurvivesACrash(t *testing.T) {
	c := newCrashingRollout(t, 1, newMode("", "old", true))
	c.setMode("new", true)
	next := c.withOwnNames().createBackup(c.source, "configmaps", "secrets")
	c.cutAt(http.MethodPost, "configmaps")
	c.updateObject(c.baseline, func() { c.baseline.Spec.Backup = next.Name })
	c.awaitCut()
	c.requireMode(0, "") // it is deleted
	if record := c.readRecord(0); !record.Update.IsUnderWay() || len(record.Update.Recreate) != 1 {
		t.Errorf("the record has %+v", record.Update)
	}
	c.handOver()
	c.awaitRollout(v1alpha1.ReasonRolledOut)
	c.requireMode(0, "new")
	update := c.readRecord(0).Update
	if !update.IsComplete() || len(update.Recreate) > 0 || update.Counts.Kept+update.Counts.Failed != 0 {
		t.Errorf("the record has %+v", update)
	}
}

// The update to a revision is interrupted before its record, and a revision follows that differs from the first in other objects.
// What the interrupted update wrote is taken back; what tenants changed in such objects is left alone, and not reported.
func TestInterruptedUpdateIsSuperseded(t *testing.T) {
	c := newCrashingRollout(t, 2, newMode("", "first", false), newPassword("old"))
	c.deleteObjects(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: c.namespaceName(1), Name: "settings"}})
	secret := newPassword("")
	secret.Namespace = c.source
	c.updateObject(secret, func() { secret.Data = map[string][]byte{"password": []byte("new")} })
	last := c.withOwnNames().createBackup(c.source, "configmaps", "secrets")
	c.setMode("second", false)
	second := c.withOwnNames().createBackup(c.source, "configmaps", "secrets")

	c.cutAt(http.MethodPatch, "baselinerecords")
	c.updateObject(c.baseline, func() { c.baseline.Spec.Backup = second.Name })
	c.awaitCut()
	c.requireMode(0, "second")
	c.updateObject(c.baseline, func() { c.baseline.Spec.Backup = last.Name })
	c.eventually(func(ctx context.Context) error {
		if err := c.Client.Get(ctx, client.ObjectKeyFromObject(c.baseline), c.baseline); err != nil {
			return err
		}
		if history := c.baseline.Status.History; history[0].Backup != last.Name {
			return fmt.Errorf("the history is %+v", history)
		}
		return nil
	})
	c.handOver()
	c.awaitRollout(v1alpha1.ReasonRolledOut)
	c.requireMode(0, "first")
	c.requireMode(1, "") // its tenant deleted it
	c.requirePasswords("superseded", "new", "new")
	c.awaitCounts("superseded", c.allCurrent())
}
