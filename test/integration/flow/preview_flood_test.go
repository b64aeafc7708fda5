package flow

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// A thousand previews at once cost neither memory nor restores: the oldest are answered, others are refused with the reason,
// and the rest is deleted at once.
func TestPreviewsAreBounded(t *testing.T) {
	e := newExclusiveInstallation(t)
	running := e.startController()
	var objects []client.Object
	for i := range 50 {
		objects = append(objects, configMap(fmt.Sprintf("a-%d", i)))
	}
	backup := e.createBackup(e.createSource(objects...), "configmaps").Name
	baseline := e.createBaseline(backup, nil)
	target := e.createTenantNamespace().Name
	before := readMemory(t, running.PID(), "VmRSS")

	began := time.Now()
	const clients, each = 20, 50
	var group sync.WaitGroup
	for range clients {
		group.Go(func() {
			for range each {
				preview := &v1alpha1.BaselinePreview{
					ObjectMeta: metav1.ObjectMeta{GenerateName: "flood-", Annotations: map[string]string{"example.com/ballast": strings.Repeat("x", 4096)}},
					Spec:       v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup, Objects: true},
				}
				if err := e.Client.Create(e.ctx(), preview); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	populated := make(chan time.Duration, 1)
	group.Go(func() {
		began := time.Now()
		e.createObjects(annotatedNamespace("meanwhile", baseline.Name))
		e.awaitReady("meanwhile", corev1.ConditionTrue, v1alpha1.ReasonRestored)
		populated <- time.Since(began)
	})
	group.Wait()
	asked := time.Since(began)
	var answered, refused int
	e.eventually(func(ctx context.Context) error {
		var previews v1alpha1.BaselinePreviewList
		if err := e.Client.List(ctx, &previews); err != nil {
			return err
		}
		reasons := map[string]int{}
		for i := range previews.Items {
			reasons[previews.Items[i].Status.Conditions[0].Reason]++
		}
		answered, refused = reasons[v1alpha1.ReasonAnswered], reasons[v1alpha1.ReasonTooManyPreviews]
		if len(previews.Items) > 256 || reasons[v1alpha1.ReasonWaiting] > 0 {
			return fmt.Errorf("%d previews are there: %v", len(previews.Items), reasons)
		}
		return nil
	})
	settled := time.Since(began)
	peak := readMemory(t, running.PID(), "VmHWM")
	t.Logf("%d previews asked for in %s, bounded after %s: %d answered, %d refused; a namespace was populated meanwhile in %s; the controller grew from %d KiB to at most %d KiB",
		clients*each, asked, settled, answered, refused, <-populated, before, peak)
	if answered == 0 || answered > v1alpha1.MaxPreviews {
		t.Errorf("%d previews are answered, at most %d may be", answered, v1alpha1.MaxPreviews)
	}
	if peak-before > 64<<10 {
		t.Errorf("the controller grew by %d KiB", peak-before)
	}
	// Others are answered meanwhile.
	elsewhere := e.withOwnNames().createTenantNamespace().Name
	if preview := e.createPreview(v1alpha1.BaselinePreviewSpec{Namespace: elsewhere, Backup: backup}); preview.Counts.Created == 0 {
		t.Errorf("beside the flood of another namespace: %+v", preview.Counts)
	}
	// The refused ones are deleted soon. Then there is room for retries when others are deleted.
	e.eventually(func(ctx context.Context) error {
		var previews v1alpha1.BaselinePreviewList
		if err := e.Client.List(ctx, &previews); err != nil || len(previews.Items) > v1alpha1.MaxPreviews {
			return errors.Join(err, fmt.Errorf("%d previews are left", len(previews.Items)))
		}
		return nil
	})
	if err := e.Client.DeleteAllOf(e.ctx(), &v1alpha1.BaselinePreview{}); err != nil {
		t.Fatal(err)
	}
	if preview := e.createPreview(v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup}); preview.Counts.Created == 0 {
		t.Errorf("afterwards: %+v", preview.Counts)
	}
}

// readMemory returns a field of /proc/PID/status, in KiB.
func readMemory(t *testing.T, pid int, field string) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		var kib int
		if rest, found := strings.CutPrefix(line, field+":"); found {
			if _, err := fmt.Sscan(rest, &kib); err != nil {
				t.Fatal(err)
			}
			return kib
		}
	}
	t.Fatalf("%s is not in %s", field, status)
	return 0
}

// An answer that is larger than etcd takes is cut, counted and stored.
func TestOversizedPreviewIsStored(t *testing.T) {
	e := sharedInstallation(t)
	source, objects := e.uniqueName("source"), map[string]string{}
	const count = 20000
	long := strings.Repeat("x", 240)
	for i := range count {
		name := fmt.Sprintf("%s-%05d", long, i)
		objects["configmaps/"+source+"/"+name] = fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":%q,"namespace":%q},"data":{"key":%q}}`, name, source, name)
	}
	backup := e.adoptContent(source, e.newArchive(objects)).Name
	preview := e.createPreview(v1alpha1.BaselinePreviewSpec{Namespace: e.uniqueName("none"), Backup: backup, Objects: true})
	if preview.Counts.Created != count || preview.Counts.Total != count {
		t.Errorf("counts %+v", preview.Counts)
	}
	if !preview.Truncated || len(preview.Items)+int(preview.ItemsOmitted) != count || len(preview.Objects)+int(preview.ObjectsOmitted) != count ||
		len(preview.Items) == 0 || len(preview.Objects) == 0 {
		t.Errorf("truncated %t, %d items and %d omitted, %d objects and %d omitted", preview.Truncated, len(preview.Items), preview.ItemsOmitted, len(preview.Objects), preview.ObjectsOmitted)
	}
	t.Logf("%d items and %d objects are listed", len(preview.Items), len(preview.Objects))
}
