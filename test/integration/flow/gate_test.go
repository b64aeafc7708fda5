package flow

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// The gate holds pods, and whom it does not concern never notices.
func TestTheGate(t *testing.T) {
	w := gated(t)
	controller := w.start("--gate")
	w.awaitGate()
	for _, test := range []struct {
		name string
		run  func(*testing.T, *world, *seedbed.Controller)
	}{
		{"no pod is admitted before its guards", testNoPodIsAdmittedBeforeItsGuards},
		{"a later baseline holds no pod", testALaterBaselineHoldsNoPod},
		{"an operator opens it", testAnOperatorOpensTheGate},
		{"a pod without its stamps is refused", testAPodWithoutItsStampsIsRefused},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newWorld(t, w.Installation), controller) })
	}
}

// Every pod that many clients create right behind their namespaces has its stamps, or is refused.
func testNoPodIsAdmittedBeforeItsGuards(t *testing.T, w *world, _ *seedbed.Controller) {
	backup := w.backup(w.source(append(guards(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "plain"}})...))
	baseline := w.baseline(backup.Name, pods)
	warm := w.name("warm")
	w.create(asking(warm, baseline.Name))
	w.awaitReady(warm, corev1.ConditionTrue, "")
	const clients, each = 10, 4
	var mu sync.Mutex
	admitted, tries := 0, 0
	var group sync.WaitGroup
	for c := range clients {
		group.Go(func() {
			for i := range each {
				name := w.name(fmt.Sprintf("early-%d-%d", c, i))
				if err := w.Client.Create(w.ctx(), asking(name, baseline.Name)); err != nil {
					t.Error(err)
					return
				}
				made, tried := w.createPod(t, name)
				mu.Lock()
				tries += tried
				if made != nil && stamped(made) {
					admitted++
				} else if made != nil {
					t.Errorf("pod of %s came %s with %v and %v", name, made.CreationTimestamp, made.Spec.ImagePullSecrets, made.Spec.Containers[0].Resources)
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	t.Logf("%d pods created behind their namespaces by %d clients: %d admitted with their stamps, after %d tries", clients*each, clients, admitted, tries)
	if admitted != clients*each {
		t.Errorf("%d pods are without pull secret or limits for good", clients*each-admitted)
	}
}

// With no controller at all, the pods of gated new namespaces are held, and nobody else notices.
func TestTheGateHoldsWithoutAController(t *testing.T) {
	w := gated(t)
	controller := w.start("--gate")
	older := w.prepared()
	w.awaitAge(older)
	backup := w.backup(w.source(configMap("a")))
	key := "team-" + w.suffix
	asked, selected := w.baseline(backup.Name, pods), w.another()
	plain, required := w.another(), w.another()
	bySelector := selected.baseline(backup.Name, selecting(key))
	ungated := plain.baseline(backup.Name, nil)
	forAll := required.baseline(backup.Name, func(s *v1alpha1.BaselineSpec) {
		s.Gate, s.Enforcement = v1alpha1.GatePods, v1alpha1.EnforcementRequired
		s.NamespaceSelector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: "tier", Operator: metav1.LabelSelectorOpIn, Values: []string{"gold", "silver"}},
			{Key: "exempt", Operator: metav1.LabelSelectorOpDoesNotExist},
		}}
	})
	controller.Kill()
	// The webhooks are down with it: the policies review the annotations, and the gate holds the pods.
	tests := []struct {
		name, annotation string
		labels           map[string]string
		heldBy           string
	}{
		{"asks for a gated one", asked.Name, nil, asked.Name},
		{"asks for two, the second is gated", ungated.Name + " , " + asked.Name, nil, asked.Name},
		{"asks for one without a gate", ungated.Name, nil, ""},
		{"is selected", "", map[string]string{key: "x"}, bySelector.Name},
		{"is selected, and asks for another instead", ungated.Name, map[string]string{key: "x"}, ""},
		{"is selected, and opts out", v1alpha1.NoBaseline, map[string]string{key: "x"}, ""},
		{"has another value of the label", "", map[string]string{key: "y"}, ""},
		{"must have one", v1alpha1.NoBaseline, map[string]string{"tier": "gold"}, forAll.Name},
		{"is exempt from it", "", map[string]string{"tier": "gold", "exempt": ""}, ""},
		{"is of another tier", "", map[string]string{"tier": "bronze"}, ""},
		{"has none", "", nil, ""},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.name(fmt.Sprintf("target-%d", i)), Labels: test.labels}}
			if test.annotation != "" {
				namespace.Annotations = map[string]string{v1alpha1.AnnotationBaseline: test.annotation}
			}
			w.create(namespace)
			err := w.awaitPod(namespace.Name, test.heldBy != "")
			if test.heldBy == "" {
				w.create(pod(namespace.Name, "main"))
				return
			}
			w.refused(err, "namespace "+namespace.Name+" is not ready for pods", "baseline "+test.heldBy,
				"kubectl wait --for=condition=BaselineGuarded namespace/"+namespace.Name)
		})
	}
	t.Run("is older than the baseline", func(t *testing.T) {
		w.change(older, func() { metav1.SetMetaDataLabel(&older.ObjectMeta, key, "x") })
		w.create(pod(older.Name, "main"))
	})

	// Seedbed comes back: what was held is populated.
	w.start("--gate")
	for i, test := range tests {
		name := w.name(fmt.Sprintf("target-%d", i))
		if test.heldBy == "" {
			continue
		}
		t.Run(test.name+", and Seedbed comes back", func(t *testing.T) {
			w := newWorld(t, w.Installation)
			w.awaitReady(name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
			_ = w.awaitPod(name, false)
		})
	}
}

// What runs is never stopped by a baseline that comes later.
func testALaterBaselineHoldsNoPod(t *testing.T, w *world, _ *seedbed.Controller) {
	good := w.baseline(w.backup(w.source(configMap("a"))).Name, pods)
	other := w.another()
	never := other.baseline(other.backup(other.source(roleBinding("cluster-admin")), "rolebindings").Name, pods)
	for name, first := range map[string]string{"populated": good.Name, "without-a-baseline": ""} {
		t.Run(name, func(t *testing.T) {
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.name(name)}}
			w.create(namespace)
			if first != "" {
				w.ask(namespace, first)
				w.awaitReady(namespace.Name, corev1.ConditionTrue, "")
			}
			w.create(pod(namespace.Name, "first"))
			w.awaitAge(namespace)
			w.ask(namespace, strings.Trim(first+","+never.Name, ","))
			w.awaitReady(namespace.Name, corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed)
			_ = w.awaitPod(namespace.Name, false)
		})
	}
}

// A guard that the API server rejects holds the pods, says so, and an operator has a way out that a tenant has not.
func testAnOperatorOpensTheGate(_ *testing.T, w *world, controller *seedbed.Controller) {
	baseline := w.baseline(w.backup(w.source(roleBinding("cluster-admin")), "rolebindings").Name, pods)
	target := w.name("target")
	w.create(asking(target, baseline.Name))
	w.awaitReady(target, corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed)
	w.refused(w.awaitPod(target, true), "is not ready for pods", baseline.Name, "rolebindings.rbac.authorization.k8s.io/guard")

	tenant := w.user("tenant", may("create", "", "pods"))
	for _, role := range []string{"edit", "admin"} {
		w.create(&rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: target, Name: role},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: w.name("tenant")}},
		})
	}
	namespace := &corev1.Namespace{}
	w.eventually(func(ctx context.Context) error { return tenant.Get(ctx, client.ObjectKey{Name: target}, namespace) })
	namespace.Status.Conditions = append(namespace.Status.Conditions, corev1.NamespaceCondition{Type: v1alpha1.ConditionBaselineGuarded, Status: corev1.ConditionTrue})
	w.refused(tenant.Status().Update(w.ctx(), namespace), "forbidden")
	w.refused(tenant.Update(w.ctx(), namespace), "forbidden")
	// Who has every permission in the namespace may write its status.
	w.refused(w.owner(target).Status().Update(w.ctx(), namespace), byConditionsPolicy, "seedbed gate open")
	w.refused(w.awaitPod(target, true), "is not ready for pods")

	out := w.tool("gate", "open", target)
	w.says(out, "is open", "still to be restored", "RestoreFailed")
	_ = w.awaitPod(target, false)
	w.says(w.tool("gate", "open", target), "open already")
	w.eventually(func(ctx context.Context) error {
		value, err := metric(ctx, controller, "seedbed_gates_opened_total", "", "")
		if err == nil && value != 1 {
			err = fmt.Errorf("it was opened %v times", value)
		}
		return err
	})
	w.eventually(func(ctx context.Context) error {
		events, err := w.events(ctx, target, v1alpha1.ReasonGateOpened)
		if err == nil && events != 1 {
			err = fmt.Errorf("%d events tell of it", events)
		}
		return err
	})
}

// A pod without the stamps that the baseline brings came before the API server noticed them, whatever the condition says.
func testAPodWithoutItsStampsIsRefused(_ *testing.T, w *world, _ *seedbed.Controller) {
	baseline := w.baseline(w.backup(w.source(guards()...)).Name, pods)
	target := w.name("target")
	w.create(asking(target, baseline.Name))
	w.awaitReady(target, corev1.ConditionTrue, "")
	_ = w.awaitPod(target, false)
	app := pod(target, "app")
	app.Spec.ServiceAccountName = "app"

	// As if the informers of admission were behind: what they read is not there.
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: target, Name: "app"}}
	w.change(account, func() { account.ImagePullSecrets = nil })
	w.eventually(func(ctx context.Context) error {
		err := w.Client.Create(ctx, app.DeepCopy(), client.DryRunAll)
		if err == nil || !strings.Contains(err.Error(), "pull secrets") {
			return fmt.Errorf("a pod of the ServiceAccount was %s", fate(err))
		}
		return nil
	})
	own := app.DeepCopy()
	own.Spec.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "own"}}
	w.create(own)
	w.create(pod(target, "of-another-account"))

	w.remove(&corev1.LimitRange{ObjectMeta: metav1.ObjectMeta{Namespace: target, Name: "defaults"}})
	w.eventually(func(ctx context.Context) error {
		err := w.Client.Create(ctx, pod(target, "unlimited"), client.DryRunAll)
		if err == nil || !strings.Contains(err.Error(), "LimitRange") {
			return fmt.Errorf("a pod without limits was %s", fate(err))
		}
		return nil
	})
}

// A Baseline that says what nothing acts on is warned about.
func TestAGateThatIsNotInstalledIsToldOf(t *testing.T) {
	w := shared(t)
	backup := w.backup(w.source(configMap("a")))
	command, err := w.Tool(w.ctx(), "baseline", "create", w.name("gated"), "--backup", backup.Name, "--gate", "pods")
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	w.says(string(out), "spec.gate: Pods holds no pods here", "gate.enabled")
}

// Velero restores pods itself, into a namespace whose guards may have to wait for it.
func TestTheGateLetsVelerosPodsIn(t *testing.T) {
	w := gated(t)
	w.start("--gate")
	w.defineRestores()
	w.awaitGate()
	baseline := w.baseline(w.backup(w.source(guards()...)).Name, pods)
	w.create(
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: veleroNamespace, Name: "velero"}},
		&rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: "velero"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: veleroNamespace, Name: "velero"}},
		})
	config, err := w.Cluster.ServiceAccountConfig(w.ctx(), veleroNamespace, "velero")
	if err != nil {
		t.Fatal(err)
	}
	velero, err := client.New(config, client.Options{Scheme: seedbed.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	restore := w.restoring("target")
	w.restoredBy(w.velero(), asking("target", baseline.Name))
	w.waiting("target", restore)
	_ = w.awaitPod("target", true)
	w.refused(w.velero().Create(w.ctx(), pod("target", "claims-to-be-velero")), "is not ready for pods")
	w.eventually(func(ctx context.Context) error { return velero.Create(ctx, pod("target", "velero")) })
	w.setPhase(restore, "Completed")
	_ = w.awaitPod("target", false)
}
