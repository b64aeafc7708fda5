package flow

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/seal"
	"seedbed.dev/seedbed/test/seedbed"
)

// getKeys returns the Secret with the keys of records.
func (e *env) getKeys(ctx context.Context) (*corev1.Secret, error) {
	secret := &corev1.Secret{}
	err := e.Client.Get(ctx, client.ObjectKey{Namespace: seedbed.Namespace, Name: seal.SecretName}, secret)
	return secret, err
}

// changeKeys edits the entries of the Secret with the keys of records.
func (e *env) changeKeys(edit func(data map[string][]byte)) {
	e.t.Helper()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: seedbed.Namespace, Name: seal.SecretName}}
	e.updateObject(secret, func() {
		if secret.Data == nil {
			secret.Data = map[string][]byte{}
		}
		edit(secret.Data)
	})
}

// damages lists ways to make the Secret with the keys of records unreadable.
var damages = map[string]func(data map[string][]byte){
	"emptied":                           func(data map[string][]byte) { clear(data) },
	"cut":                               func(data map[string][]byte) { data["current"] = []byte("short") },
	"given a previous key that is none": func(data map[string][]byte) { data["previous"] = []byte("none") },
	"given a time that is none":         func(data map[string][]byte) { data["lostSince"] = []byte("yesterday") },
}

// Keys that are damaged while a controller runs are rewritten as they were.
func TestDamagedKeysAreRewritten(t *testing.T) {
	e := newInstallation(t)
	controller := e.startController()
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			before, err := e.getKeys(e.ctx())
			if err != nil {
				t.Fatal(err)
			}
			e.changeKeys(damage)
			e.eventually(func(ctx context.Context) error {
				now, err := e.getKeys(ctx)
				if err != nil {
					return err
				}
				if diff := cmp.Diff(before.Data, now.Data); diff != "" {
					return fmt.Errorf("the keys are not what they were: %s", diff)
				}
				return nil
			})
			if controller.Ended() {
				t.Error("the controller has ended")
			}
		})
	}
}

// Keys that are damaged while no controller runs are lost like a deleted Secret: an intact key still proves its records.
func TestDamagedKeysAreLost(t *testing.T) {
	e := newInstallation(t)
	controller := e.startController()
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a"), configMap("b")), "configmaps").Name, nil)
	e.createObjects(annotatedNamespace("holder", baseline.Name))
	e.awaitReady("holder", corev1.ConditionTrue, v1alpha1.ReasonRestored)
	e.tamperNamespace("holder")
	controller.Stop()

	e.changeKeys(damages["given a previous key that is none"])
	controller = e.startController()
	e.awaitHolders(baseline, func(s *v1alpha1.BaselineStatus) bool { return s.Namespaces == 1 && s.ReleasedNamespaces == 0 })
	controller.Stop()

	e.changeKeys(damages["emptied"])
	e.awaitLaterSecond(metav1.Now())
	e.startController()
	status := e.awaitHolders(baseline, func(s *v1alpha1.BaselineStatus) bool { return s.Namespaces == 0 && s.ReleasedNamespaces == 1 })
	if status.KeyLostTimestamp == nil {
		t.Fatal("the Baseline does not tell when the keys were lost")
	}
	e.updateObject(baseline, func() {
		metav1.SetMetaDataAnnotation(&baseline.ObjectMeta, v1alpha1.AnnotationAdopt, status.KeyLostTimestamp.UTC().Format(time.RFC3339))
	})
	e.awaitHolders(baseline, func(s *v1alpha1.BaselineStatus) bool { return s.Namespaces == 1 && s.ReleasedNamespaces == 0 })
	e.requireTampered("holder")
}

// A key can be replaced repeatedly: complete records are sealed again each time, and nothing is restored again.
func TestKeysReplacedTwice(t *testing.T) {
	e := newInstallation(t)
	controller := e.startController()
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a"), configMap("b")), "configmaps").Name, nil)
	e.createObjects(annotatedNamespace("holder", baseline.Name))
	e.awaitReady("holder", corev1.ConditionTrue, v1alpha1.ReasonRestored)
	before := e.getRecord("holder", baseline.Name)
	e.tamperNamespace("holder")
	for range 2 {
		controller = e.replaceKey(controller)
		now := e.getRecord("holder", baseline.Name)
		if now.Seal == before.Seal {
			t.Error("its record is still sealed with the key that was replaced")
		}
		if diff := cmp.Diff(before.Result, now.Result); diff != "" || now.UID != before.UID {
			t.Errorf("its record is another one: %s", diff)
		}
		before = now
	}
	e.requireTampered("holder")
	e.awaitHolders(baseline, func(s *v1alpha1.BaselineStatus) bool { return s.Namespaces == 1 && s.ReleasedNamespaces == 0 })
}

// replaceKey replaces the key of records as the chart's README describes, and waits until the previous one is not needed any
// more. It returns the controller that follows the one that ends.
func (e *env) replaceKey(controller *seedbed.Controller) *seedbed.Controller {
	e.t.Helper()
	e.changeKeys(func(data map[string][]byte) {
		data["previous"], data["current"] = data["current"], make([]byte, 32)
		_, _ = rand.Read(data["current"])
	})
	e.eventually(func(context.Context) error {
		if !controller.Ended() {
			return errors.New("the controller goes on with the keys of before")
		}
		return nil
	})
	controller.Stop()
	controller = e.startController()
	e.eventually(func(ctx context.Context) error {
		secret, err := e.getKeys(ctx)
		if err == nil && len(secret.Data["previous"]) > 0 {
			err = errors.New("the previous key is still there")
		}
		return err
	})
	return controller
}
