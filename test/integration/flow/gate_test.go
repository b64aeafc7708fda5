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

// The gate holds pods of gated namespaces, and has no effect on others.
func TestGate(t *testing.T) {
	e := newGatedInstallation(t)
	controller := e.startController("--gate")
	e.awaitGate()
	for _, test := range []struct {
		name string
		run  func(*testing.T, *env, *seedbed.Controller)
	}{
		{"no pod is admitted before its guards", testPodsWaitForGuards},
		{"a later baseline holds no pod", testLaterBaselineHoldsNoPod},
		{"an operator opens it", testOperatorOpensGate},
		{"a pod without its stamps is refused", testPodWithoutStampsIsRefused},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newEnv(t, e.Installation), controller) })
	}
}

// Every pod that many clients create right after their namespaces has its stamps, or is refused.
func testPodsWaitForGuards(t *testing.T, e *env, _ *seedbed.Controller) {
	backup := e.createBackup(e.createSource(append(guardObjects(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "plain"}})...))
	baseline := e.createBaseline(backup.Name, gatePods)
	warm := e.uniqueName("warm")
	e.createObjects(annotatedNamespace(warm, baseline.Name))
	e.awaitReady(warm, corev1.ConditionTrue, "")
	const clients, each = 10, 4
	var mu sync.Mutex
	admitted, tries := 0, 0
	var group sync.WaitGroup
	for c := range clients {
		group.Go(func() {
			for i := range each {
				name := e.uniqueName(fmt.Sprintf("early-%d-%d", c, i))
				if err := e.Client.Create(e.ctx(), annotatedNamespace(name, baseline.Name)); err != nil {
					t.Error(err)
					return
				}
				made, tried := e.createPod(t, name)
				mu.Lock()
				tries += tried
				if made != nil && isStamped(made) {
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

// With no controller at all, the pods of gated new namespaces are held, and no others.
func TestGateHoldsWithoutController(t *testing.T) {
	e := newGatedInstallation(t)
	controller := e.startController("--gate")
	older := e.createTenantNamespace()
	e.awaitAge(older)
	backup := e.createBackup(e.createSource(configMap("a")))
	key := "team-" + e.suffix
	asked, selected := e.createBaseline(backup.Name, gatePods), e.withOwnNames()
	plain, required := e.withOwnNames(), e.withOwnNames()
	bySelector := selected.createBaseline(backup.Name, selectByLabel(key))
	ungated := plain.createBaseline(backup.Name, nil)
	forAll := required.createBaseline(backup.Name, func(s *v1alpha1.BaselineSpec) {
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
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName(fmt.Sprintf("target-%d", i)), Labels: test.labels}}
			if test.annotation != "" {
				namespace.Annotations = map[string]string{v1alpha1.AnnotationBaseline: test.annotation}
			}
			e.createObjects(namespace)
			err := e.awaitPod(namespace.Name, test.heldBy != "")
			if test.heldBy == "" {
				e.createObjects(newPod(namespace.Name, "main"))
				return
			}
			e.requireRefused(err, "namespace "+namespace.Name+" is not ready for pods", "baseline "+test.heldBy,
				"kubectl wait --for=condition=BaselineGuarded namespace/"+namespace.Name)
		})
	}
	t.Run("is older than the baseline", func(t *testing.T) {
		e.updateObject(older, func() { metav1.SetMetaDataLabel(&older.ObjectMeta, key, "x") })
		e.createObjects(newPod(older.Name, "main"))
	})

	// Seedbed returns: the held namespaces are populated.
	e.startController("--gate")
	for i, test := range tests {
		name := e.uniqueName(fmt.Sprintf("target-%d", i))
		if test.heldBy == "" {
			continue
		}
		t.Run(test.name+", and Seedbed comes back", func(t *testing.T) {
			e := newEnv(t, e.Installation)
			e.awaitReady(name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
			_ = e.awaitPod(name, false)
		})
	}
}

// A running pod is never stopped by a later baseline.
func testLaterBaselineHoldsNoPod(t *testing.T, e *env, _ *seedbed.Controller) {
	good := e.createBaseline(e.createBackup(e.createSource(configMap("a"))).Name, gatePods)
	other := e.withOwnNames()
	never := other.createBaseline(other.createBackup(other.createSource(roleBinding("cluster-admin")), "rolebindings").Name, gatePods)
	for name, first := range map[string]string{"populated": good.Name, "without-a-baseline": ""} {
		t.Run(name, func(t *testing.T) {
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName(name)}}
			e.createObjects(namespace)
			if first != "" {
				e.requestBaselines(namespace, first)
				e.awaitReady(namespace.Name, corev1.ConditionTrue, "")
			}
			e.createObjects(newPod(namespace.Name, "first"))
			e.awaitAge(namespace)
			e.requestBaselines(namespace, strings.Trim(first+","+never.Name, ","))
			e.awaitReady(namespace.Name, corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed)
			_ = e.awaitPod(namespace.Name, false)
		})
	}
}

// A guard that the API server rejects holds the pods and is reported. An operator can open the gate, a tenant cannot.
func testOperatorOpensGate(_ *testing.T, e *env, controller *seedbed.Controller) {
	baseline := e.createBaseline(e.createBackup(e.createSource(roleBinding("cluster-admin")), "rolebindings").Name, gatePods)
	target := e.uniqueName("target")
	e.createObjects(annotatedNamespace(target, baseline.Name))
	e.awaitReady(target, corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed)
	e.requireRefused(e.awaitPod(target, true), "is not ready for pods", baseline.Name, "rolebindings.rbac.authorization.k8s.io/guard")

	tenant := e.newUser("tenant", newRule("create", "", "pods"))
	for _, role := range []string{"edit", "admin"} {
		e.createObjects(&rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: target, Name: role},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: e.uniqueName("tenant")}},
		})
	}
	namespace := &corev1.Namespace{}
	e.eventually(func(ctx context.Context) error { return tenant.Get(ctx, client.ObjectKey{Name: target}, namespace) })
	namespace.Status.Conditions = append(namespace.Status.Conditions, corev1.NamespaceCondition{Type: v1alpha1.ConditionBaselineGuarded, Status: corev1.ConditionTrue})
	e.requireRefused(tenant.Status().Update(e.ctx(), namespace), "forbidden")
	e.requireRefused(tenant.Update(e.ctx(), namespace), "forbidden")
	// A user with every permission in the namespace may write its status.
	e.requireRefused(e.newNamespaceOwner(target).Status().Update(e.ctx(), namespace), byConditionsPolicy, "seedbed gate open")
	e.requireRefused(e.awaitPod(target, true), "is not ready for pods")

	out := e.runTool("gate", "open", target)
	e.requireContains(out, "is open", "still to be restored", "RestoreFailed")
	_ = e.awaitPod(target, false)
	e.requireContains(e.runTool("gate", "open", target), "open already")
	e.eventually(func(ctx context.Context) error {
		value, err := readMetric(ctx, controller, "seedbed_gates_opened_total", "", "")
		if err == nil && value != 1 {
			err = fmt.Errorf("it was opened %v times", value)
		}
		return err
	})
	e.eventually(func(ctx context.Context) error {
		events, err := e.countEvents(ctx, target, v1alpha1.ReasonGateOpened)
		if err == nil && events != 1 {
			err = fmt.Errorf("%d events tell of it", events)
		}
		return err
	})
}

// A pod without the stamps of the baseline was admitted before the API server noticed its guards, whatever the condition is.
func testPodWithoutStampsIsRefused(_ *testing.T, e *env, _ *seedbed.Controller) {
	baseline := e.createBaseline(e.createBackup(e.createSource(guardObjects()...)).Name, gatePods)
	target := e.uniqueName("target")
	e.createObjects(annotatedNamespace(target, baseline.Name))
	e.awaitReady(target, corev1.ConditionTrue, "")
	_ = e.awaitPod(target, false)
	app := newPod(target, "app")
	app.Spec.ServiceAccountName = "app"

	// As if the informers of admission were behind: they do not see it yet.
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: target, Name: "app"}}
	e.updateObject(account, func() { account.ImagePullSecrets = nil })
	e.eventually(func(ctx context.Context) error {
		err := e.Client.Create(ctx, app.DeepCopy(), client.DryRunAll)
		if err == nil || !strings.Contains(err.Error(), "pull secrets") {
			return fmt.Errorf("a pod of the ServiceAccount was %s", classifyResult(err))
		}
		return nil
	})
	own := app.DeepCopy()
	own.Spec.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "own"}}
	e.createObjects(own)
	e.createObjects(newPod(target, "of-another-account"))

	e.deleteObjects(&corev1.LimitRange{ObjectMeta: metav1.ObjectMeta{Namespace: target, Name: "defaults"}})
	e.eventually(func(ctx context.Context) error {
		err := e.Client.Create(ctx, newPod(target, "unlimited"), client.DryRunAll)
		if err == nil || !strings.Contains(err.Error(), "LimitRange") {
			return fmt.Errorf("a pod without limits was %s", classifyResult(err))
		}
		return nil
	})
}

// A Baseline with fields that have no effect is warned about.
func TestMissingGateIsWarnedAbout(t *testing.T) {
	e := sharedInstallation(t)
	backup := e.createBackup(e.createSource(configMap("a")))
	command, err := e.Tool(e.ctx(), "baseline", "create", e.uniqueName("gated"), "--backup", backup.Name, "--gate", "pods")
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	e.requireContains(string(out), "spec.gate: Pods holds no pods here", "gate.enabled")
}

// Velero restores pods itself, into a namespace whose guards may have to wait for it.
func TestGateAdmitsVeleroPods(t *testing.T) {
	e := newGatedInstallation(t)
	e.startController("--gate")
	e.defineRestores()
	e.awaitGate()
	baseline := e.createBaseline(e.createBackup(e.createSource(guardObjects()...)).Name, gatePods)
	e.createObjects(
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: veleroNamespace, Name: "velero"}},
		&rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: "velero"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: veleroNamespace, Name: "velero"}},
		})
	config, err := e.Cluster.ServiceAccountConfig(e.ctx(), veleroNamespace, "velero")
	if err != nil {
		t.Fatal(err)
	}
	velero, err := client.New(config, client.Options{Scheme: seedbed.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	restore := e.createRunningRestore("target")
	e.restoredBy(e.newVeleroClient(), annotatedNamespace("target", baseline.Name))
	e.awaitVeleroHold("target", restore)
	_ = e.awaitPod("target", true)
	e.requireRefused(e.newVeleroClient().Create(e.ctx(), newPod("target", "claims-to-be-velero")), "is not ready for pods")
	e.eventually(func(ctx context.Context) error { return velero.Create(ctx, newPod("target", "velero")) })
	e.setPhase(restore, "Completed")
	_ = e.awaitPod("target", false)
}
