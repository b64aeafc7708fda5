package flow

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
	"seedbed.dev/seedbed/test/seedbed"
)

const (
	// shortLease lets the next leader begin soon after one was killed.
	shortLease = "--leader-elect-lease-duration=2s"
	// killedWithin bounds the time from the first update of a leader to its end.
	killedWithin = 700 * time.Millisecond
)

// numberFrom returns the number in an environment variable, or the default.
func numberFrom(name string, byDefault int) int {
	if number, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return number
	}
	return byDefault
}

// killedRollout is a rollout whose leaders are killed.
type killedRollout struct {
	*fleet
	random  *rand.Rand
	kills   int
	passed  int
	current string
	// changed are the namespaces whose tenants changed the password, added those whose tenants added a key, and deleted those
	// whose tenants deleted the ConfigMap.
	changed, added, deleted map[string]bool

	mu sync.Mutex
	// seen counts the times at which each password appeared in a namespace.
	seen map[string]int
}

// Whenever a leader dies, each object is the tenant's or the new one, none is written twice, and the counts are right. It takes
// SEEDBED_ROLLOUT_KILLS and SEEDBED_TEST_NAMESPACES; the moments depend on SEEDBED_FAULT_SEED.
func TestRolloutSurvivesItsLeaders(t *testing.T) {
	e := newExclusiveInstallation(t)
	leader := e.startController(shortLease)
	k := &killedRollout{
		kills: numberFrom("SEEDBED_ROLLOUT_KILLS", 3), random: rand.New(rand.NewPCG(uint64(numberFrom("SEEDBED_FAULT_SEED", 1)), 0)),
		changed: map[string]bool{}, added: map[string]bool{}, deleted: map[string]bool{}, seen: map[string]int{},
	}
	k.fleet = newFleet(e)
	k.size = numberFrom("SEEDBED_TEST_NAMESPACES", 60)
	k.updateObject(k.baseline, func() { k.baseline.Spec.Rollout = &v1alpha1.BaselineRollout{} })
	k.createNamespaces()
	k.awaitCounts("populated", k.allCurrent())
	k.changeObjects()
	k.watchPasswords()
	for k.passed < k.kills {
		k.current = fmt.Sprintf("password-%d", k.passed)
		k.rotateBoth()
		for k.passed < k.kills && !k.isRolledOut() {
			leader = k.killAndReplace(leader)
		}
		k.eventuallyQuick(k.isRolledOut)
	}
	k.requireOutcome()
}

// changeObjects makes every tenth namespace's tenant change, add or delete something.
func (k *killedRollout) changeObjects() {
	for i := range k.size {
		name := k.namespaceName(i)
		secret := k.getSecret(name)
		switch i % 10 {
		case 3:
			k.changed[name] = true
			k.updateObject(secret, func() { secret.Data["password"] = []byte("tenant's") })
		case 5:
			k.added[name] = true
			k.updateObject(secret, func() { secret.Data["tenants"] = []byte("own") })
		case 7:
			k.deleted[name] = true
			k.deleteObjects(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "settings"}})
		}
	}
}

// watchPasswords counts each write of a Secret in the fleet's namespaces, by its password.
func (k *killedRollout) watchPasswords() {
	watching, err := client.NewWithWatch(k.Cluster.Config(), client.Options{Scheme: k.Client.Scheme()})
	if err != nil {
		k.t.Fatal(err)
	}
	var list corev1.SecretList
	if err := k.Client.List(k.ctx(), &list); err != nil {
		k.t.Fatal(err)
	}
	watcher, err := watching.Watch(k.t.Context(), &list, client.MatchingLabels{v1alpha1.LabelBaseline: k.baseline.Name}, &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: list.ResourceVersion}})
	if err != nil {
		k.t.Fatal(err)
	}
	go func() {
		for event := range watcher.ResultChan() {
			if secret, ok := event.Object.(*corev1.Secret); ok {
				k.mu.Lock()
				k.seen[secret.Namespace+"/"+string(secret.Data["password"])]++
				k.mu.Unlock()
			}
		}
	}()
}

// rotateBoth changes the password and the ConfigMap, and points the Baseline at a backup of that.
func (k *killedRollout) rotateBoth() {
	k.replaceBackup(func(e *env, source string) {
		secret, settings := newPassword(""), configMap("settings")
		secret.Namespace, settings.Namespace = source, source
		e.updateObject(secret, func() { secret.Data = map[string][]byte{"password": []byte(k.current)} })
		e.updateObject(settings, func() { settings.Data = map[string]string{"mode": k.current} })
	})
}

func (k *killedRollout) isRolledOut() bool {
	baseline := &v1alpha1.Baseline{}
	if err := k.Client.Get(k.ctx(), client.ObjectKeyFromObject(k.baseline), baseline); err != nil {
		k.t.Fatal(err)
	}
	done := meta.FindStatusCondition(baseline.Status.Conditions, v1alpha1.ConditionRolledOut)
	return done.Status == metav1.ConditionTrue && done.ObservedGeneration == baseline.Generation
}

// killAndReplace kills the leader some time after its first update, and starts another one. It does nothing if the rollout ends
// before.
func (k *killedRollout) killAndReplace(leader *seedbed.Controller) *seedbed.Controller {
	k.t.Helper()
	before := k.countUpdated()
	var ended bool
	k.eventuallyQuick(func() bool {
		ended = k.isRolledOut()
		return ended || k.countUpdated() > before
	})
	if ended {
		return leader
	}
	moment := time.Duration(k.random.Int64N(int64(killedWithin)))
	<-time.After(moment)
	leader.Kill()
	k.passed++
	k.t.Logf("killed leader %d after %s: %d of %d namespaces hold %s", k.passed, moment, k.countUpdated(), k.size, k.current)
	return k.startController(shortLease)
}

// countUpdated returns the number of namespaces in which the present password was seen.
func (k *killedRollout) countUpdated() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	count := 0
	for i := range k.size {
		if k.seen[k.namespaceName(i)+"/"+k.current] > 0 {
			count++
		}
	}
	return count
}

func (k *killedRollout) eventuallyQuick(check func() bool) {
	k.t.Helper()
	err := cluster.Eventually(k.ctx(), func(context.Context) error {
		if check() {
			return nil
		}
		return fmt.Errorf("no update began: %d of %d namespaces hold %s", k.countUpdated(), k.size, k.current)
	})
	if err != nil {
		k.t.Fatal(err)
	}
}

// requireOutcome compares every object with what it must be.
func (k *killedRollout) requireOutcome() {
	k.t.Helper()
	for i := range k.size {
		name := k.namespaceName(i)
		secret, want := k.getSecret(name), k.current
		if k.changed[name] {
			want = "tenant's"
		}
		if got := string(secret.Data["password"]); got != want {
			k.t.Errorf("%s has the password %q, want %q", name, got, want)
		}
		if got := string(secret.Data["tenants"]); k.added[name] && got != "own" {
			k.t.Errorf("%s lost the tenant's key: %q", name, got)
		}
		if exists := k.objectExists(&corev1.ConfigMap{}, name, "settings"); exists == k.deleted[name] {
			k.t.Errorf("%s: settings exist: %t", name, exists)
		}
	}
	kept := int32(len(k.changed) + len(k.deleted))
	counts := k.allCurrent()
	counts.KeptNamespaces = kept
	k.awaitCounts("rolled out", counts)
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(k.seen)) {
		if k.seen[key] > 1 {
			k.t.Errorf("the Secret of %s was written %d times", key, k.seen[key])
		}
	}
}
