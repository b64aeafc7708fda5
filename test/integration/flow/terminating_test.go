package flow

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// A namespace hangs in Terminating: a restore by hand is refused at once, a running one ends with the writes that it had
// begun, and no worker is held (findings S34).
func testRestoreByHandIntoATerminatingNamespace(t *testing.T, e *env, proxy *seedbed.Proxy) {
	const objects = 200
	var many []client.Object
	for i := range objects {
		many = append(many, configMap(fmt.Sprintf("object-%03d", i)))
	}
	backup := e.createBackup(e.createSource(many...), "configmaps")
	hanging := e.createTenantNamespace()
	held := configMap("held")
	held.Namespace, held.Finalizers = hanging.Name, []string{"example.com/hold"}
	e.createObjects(held)
	defer func() { e.updateObject(held, func() { held.Finalizers = nil }) }()

	var begun sync.Once
	var tried atomic.Int64
	reached, release := make(chan struct{}), make(chan struct{})
	proxy.SetIntercept(func(out http.ResponseWriter, in *http.Request, pass http.Handler) {
		if in.Method == http.MethodPost && isAbout(in, hanging.Name) && strings.HasSuffix(in.URL.Path, "/configmaps") {
			tried.Add(1)
			begun.Do(func() { close(reached) })
			<-release
		}
		pass.ServeHTTP(out, in)
	})
	byHand := func(namespace, name string) *v1alpha1.BaselineRestore {
		return &v1alpha1.BaselineRestore{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Spec: v1alpha1.BaselineRestoreSpec{Backup: backup.Name}}
	}
	e.createObjects(byHand(hanging.Name, "under-way"))
	e.awaitSignal(reached, "the restore by hand writes an object")
	e.deleteObjects(hanging.DeepCopy())
	e.eventually(func(ctx context.Context) error {
		err := e.Client.Create(ctx, byHand(hanging.Name, "late"), client.DryRunAll)
		if err == nil {
			return errors.New("a restore into a namespace that is being deleted is accepted")
		}
		if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "terminat") {
			return err
		}
		return nil
	})
	close(release)
	defer proxy.SetIntercept(nil)
	elsewhere := e.withOwnNames().createTenantNamespace()
	for i := range 8 { // twice as many as run at a time
		one := byHand(elsewhere.Name, fmt.Sprintf("other-%d", i))
		e.createObjects(one)
		e.awaitPhase(one, &one.Status.Conditions, v1alpha1.PhaseCompleted)
	}
	if begun := tried.Load(); begun > 64 {
		t.Errorf("%d objects were written into a namespace that is being deleted, want no more than are written at a time", begun)
	}
	var left corev1.ConfigMapList
	if err := e.Client.List(e.ctx(), &left, client.InNamespace(hanging.Name), client.MatchingLabels{v1alpha1.LabelBackup: backup.Name}); err != nil {
		t.Fatal(err)
	}
	if len(left.Items) > 0 {
		t.Errorf("%d objects are in a namespace that is being deleted", len(left.Items))
	}
}
