package flow

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
	"seedbed.dev/seedbed/test/seedbed"
)

const (
	// stormNamespaces is the number of namespaces of a storm if seeds are requested, and fewStormNamespaces otherwise: each
	// gets a Required baseline, every other one requests another as well, and every tenth gets a restore by hand.
	stormNamespaces    = 200
	fewStormNamespaces = 60
	// stormReplicas is the number of controllers.
	stormReplicas = 2
	// ragesFor bounds the duration of the faults: the remaining work must be done soon after.
	ragesFor = 90 * time.Second
)

// storm is one seed of faults over one burst of namespaces.
type storm struct {
	*env
	*faulty
	// killing ends controllers at random.
	killing bool
	// namespaces is the number of namespaces to create.
	namespaces int
	kubeconfig string

	// prepared is closed when the backups are completed.
	prepared chan struct{}

	mu       sync.Mutex
	replicas [stormReplicas]*seedbed.Controller
	ends     int

	required, asked, byHand stormBackup
}

// stormBackup is the content of one backup, and its Baseline, if it has one.
type stormBackup struct {
	backup, baseline string
	objects          []string
}

func newStorm(e *env, seed uint64) *storm {
	s := &storm{env: e, faulty: &faulty{dice: newDice(seed)}, namespaces: fewStormNamespaces, prepared: make(chan struct{})}
	if os.Getenv(faultSeedsEnv) != "" {
		s.namespaces = stormNamespaces
	}
	proxy := e.newProxy()
	proxy.SetIntercept(s.serve)
	s.kubeconfig = proxy.Kubeconfig
	return s
}

func (s *storm) run() {
	ctx, stop := context.WithCancel(s.t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	for i := range s.replicas {
		running.Go(func() { s.keepRunning(ctx, i) })
	}
	if err := s.AwaitWebhooks(s.ctx()); err != nil {
		s.t.Fatal(err)
	}
	began := time.Now()
	s.raging.Store(true)
	calm := time.AfterFunc(ragesFor, func() { s.raging.Store(false) })
	defer calm.Stop()
	if s.killing {
		running.Go(func() { s.killAtRandom(ctx) })
	}
	s.prepare()
	close(s.prepared)
	prepared := time.Since(began)
	names := s.createBurst()
	s.sideBySide(len(names), func(i int) { s.awaitFilled(names[i], i) })
	filled := time.Since(began)
	tampered := s.tamperSome(names)
	s.raging.Store(false)
	if s.t.Failed() {
		return
	}
	s.sideBySide(len(names), func(i int) { s.checkExact(names[i], i, tampered[names[i]]) })
	s.mu.Lock()
	defer s.mu.Unlock()
	s.t.Logf("backups and baselines after %s, %d namespaces filled after %s, %d controllers ended", prepared.Round(time.Millisecond), len(names), filled.Round(time.Millisecond), s.ends)
}

// keepRunning runs a controller, and another one when it ends, as a kubelet does.
func (s *storm) keepRunning(ctx context.Context, replica int) {
	for ctx.Err() == nil {
		controller, err := s.Launch(ctx, "--kubeconfig="+s.kubeconfig)
		if err != nil {
			if ctx.Err() == nil {
				s.t.Errorf("starting a controller: %v", err)
			}
			return
		}
		s.mu.Lock()
		s.replicas[replica] = controller
		s.mu.Unlock()
		waiting, ready := context.WithCancel(ctx)
		go func() { // it gets webhook calls when it is ready, if it ever is
			defer ready()
			_ = controller.AwaitReady(waiting)
		}()
		_ = cluster.Eventually(ctx, func(context.Context) error {
			if !controller.Ended() {
				return fmt.Errorf("it runs")
			}
			return nil
		})
		ready()
		controller.Kill()
		s.mu.Lock()
		s.ends++
		s.mu.Unlock()
	}
}

// killAtRandom kills a controller every few seconds, but only one while backups are taken: a backup during which two
// controllers crashed is not retried.
func (s *storm) killAtRandom(ctx context.Context) {
	for {
		sleep(ctx, s.durationBetween(2*time.Second, 6*time.Second))
		if ctx.Err() != nil || !s.raging.Load() {
			return
		}
		s.mu.Lock()
		victim := s.replicas[s.intBelow(stormReplicas)]
		s.mu.Unlock()
		if victim == nil {
			continue
		}
		victim.Kill()
		select {
		case <-s.prepared:
		case <-ctx.Done():
		}
	}
}

// prepare creates three backups and the Baselines of two of them.
func (s *storm) prepare() {
	var making sync.WaitGroup
	for _, one := range []struct {
		into    *stormBackup
		objects []string
		edit    func(*v1alpha1.BaselineSpec)
	}{
		{&s.required, []string{"guard-1", "guard-2"}, func(spec *v1alpha1.BaselineSpec) {
			spec.Enforcement, spec.NamespaceSelector = v1alpha1.EnforcementRequired, &metav1.LabelSelector{MatchLabels: map[string]string{"storm": s.suffix}}
		}},
		{&s.asked, []string{"a", "b", "c", "d", "e"}, func(*v1alpha1.BaselineSpec) {}},
		{&s.byHand, []string{"hand-1", "hand-2", "hand-3"}, nil},
	} {
		e := s.withOwnNames()
		making.Go(func() { *one.into = s.makeBackup(e, one.objects, one.edit) })
	}
	making.Wait()
	if s.t.Failed() {
		s.t.FailNow()
	}
}

// makeBackup does not end the test, because it may run beside it.
func (s *storm) makeBackup(e *env, names []string, edit func(*v1alpha1.BaselineSpec)) stormBackup {
	made := stormBackup{objects: names}
	ctx := s.ctx()
	source := e.uniqueName("source")
	s.createPersistently(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: source}})
	for _, name := range names {
		object := configMap(name)
		object.Namespace = source
		s.createPersistently(ctx, object)
	}
	s.retryUntil(ctx, func(ctx context.Context) error { // the controller manager's own, which the backup has, too
		return s.Client.Get(ctx, client.ObjectKey{Namespace: source, Name: "kube-root-ca.crt"}, &corev1.ConfigMap{})
	})
	backup := &v1alpha1.BaselineBackup{
		ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("backup")},
		Spec:       v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{source}, IncludedResources: []string{"configmaps"}},
	}
	made.backup = backup.Name
	s.createPersistently(ctx, backup)
	if edit != nil {
		baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("baseline")}, Spec: v1alpha1.BaselineSpec{Backup: backup.Name}}
		edit(&baseline.Spec)
		made.baseline = baseline.Name
		s.createPersistently(ctx, baseline)
	}
	s.retryUntil(ctx, func(ctx context.Context) error {
		if err := s.Client.Get(ctx, client.ObjectKeyFromObject(backup), backup); err != nil {
			return err
		}
		return hasPhase(backup.Name, backup.Status.Conditions, v1alpha1.PhaseCompleted)
	})
	if count := backup.Status.Progress; count == nil || count.ItemsBackedUp != int32(len(names)+1) {
		s.t.Errorf("backup %s has %+v, want %d objects", backup.Name, count, len(names)+1)
	}
	return made
}

// createBurst creates the namespaces and the restores by hand.
func (s *storm) createBurst() []string {
	names := make([]string, s.namespaces)
	ctx := s.ctx()
	s.sideBySide(len(names), func(i int) {
		names[i] = s.uniqueName("storm-" + strconv.Itoa(i))
		namespace := labelledNamespace(names[i], "storm", s.suffix)
		if s.isAnnotated(i) {
			namespace.Annotations = map[string]string{v1alpha1.AnnotationBaseline: s.asked.baseline}
		}
		s.createPersistently(ctx, namespace)
		if s.isByHand(i) {
			s.createPersistently(ctx, &v1alpha1.BaselineRestore{
				ObjectMeta: metav1.ObjectMeta{Namespace: names[i], Name: "by-hand"}, Spec: v1alpha1.BaselineRestoreSpec{Backup: s.byHand.backup},
			})
		}
	})
	return names
}

func (s *storm) isAnnotated(i int) bool { return i%2 == 0 }
func (s *storm) isByHand(i int) bool    { return i%10 == 3 }

// createPersistently retries the creation of an object: a required webhook may have no controller behind it.
func (s *storm) createPersistently(ctx context.Context, object client.Object) {
	s.retryUntil(ctx, func(ctx context.Context) error {
		err := s.Client.Create(ctx, object)
		return client.IgnoreAlreadyExists(err)
	})
}

// retryUntil is eventually for goroutines beside the test's own.
func (s *storm) retryUntil(ctx context.Context, check func(context.Context) error) {
	if err := cluster.Eventually(ctx, check); err != nil {
		s.t.Error(err)
	}
}
