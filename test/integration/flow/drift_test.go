package flow

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// newGuarded makes a fleet whose baseline has a ConfigMap, a Secret, a NetworkPolicy and a RoleBinding.
func newGuarded(e *env, size int, edit func(*v1alpha1.BaselineSpec)) *fleet {
	e.t.Helper()
	f := &fleet{env: e, size: size, label: e.uniqueName("fleet")}
	source := e.createSource(configMap("settings"), newPassword("ours"), newGuard(), roleBinding("view"))
	backup := e.createBackup(source, "configmaps", "secrets", "networkpolicies", "rolebindings")
	f.baseline = e.createBaseline(backup.Name, func(spec *v1alpha1.BaselineSpec) {
		f.selectByLabel(spec)
		if edit != nil {
			edit(spec)
		}
	})
	f.createNamespaces()
	f.awaitNumbers(f.allCurrent())
	return f
}

func required(spec *v1alpha1.BaselineSpec) { spec.Enforcement = v1alpha1.EnforcementRequired }

// newGuard returns a NetworkPolicy that lets the Pods of the namespace alone in.
func newGuard() *networkingv1.NetworkPolicy {
	return &networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "guard"},
		Spec: networkingv1.NetworkPolicySpec{
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
			Ingress:     []networkingv1.NetworkPolicyIngressRule{{From: []networkingv1.NetworkPolicyPeer{{PodSelector: &metav1.LabelSelector{}}}}},
		},
	}
}

// audit asks for an audit of the Baseline, and waits for its answer.
func (f *fleet) audit() *v1alpha1.BaselineAudit {
	f.t.Helper()
	return f.awaitAudit(f.requestAudit())
}

// requestAudit asks for an audit of the Baseline, and returns the request.
func (f *fleet) requestAudit() string {
	f.t.Helper()
	var request string
	f.updateObject(f.baseline, func() {
		last, _ := strconv.Atoi(f.baseline.Annotations[v1alpha1.AnnotationAuditRequested])
		request = strconv.Itoa(last + 1)
		metav1.SetMetaDataAnnotation(&f.baseline.ObjectMeta, v1alpha1.AnnotationAuditRequested, request)
	})
	return request
}

// awaitAudit waits for the answer to a request for an audit.
func (f *fleet) awaitAudit(request string) *v1alpha1.BaselineAudit {
	f.t.Helper()
	f.eventually(func(ctx context.Context) error {
		if err := f.Client.Get(ctx, client.ObjectKeyFromObject(f.baseline), f.baseline); err != nil {
			return err
		}
		if audit := f.baseline.Status.Audit; audit == nil || audit.Request != request {
			return fmt.Errorf("the audit is %+v", audit)
		}
		return nil
	})
	return f.baseline.Status.Audit
}

// requireAudit makes an audit, and fails the test unless that many namespaces drifted.
func (f *fleet) requireAudit(drifted int) {
	f.t.Helper()
	audit := f.audit()
	if int(audit.Namespaces) != f.size || int(audit.DriftedNamespaces) != drifted || audit.SkippedNamespaces != 0 || audit.Message != "" {
		f.t.Fatalf("audit %+v, want %d namespaces, %d of them drifted", audit, f.size, drifted)
	}
}

// driftOf returns the drift of a namespace as lines: what differs, then what was put back.
func (f *fleet) driftOf(i int) []string {
	f.t.Helper()
	var lines []string
	if drift := f.readRecord(i).Drift; drift != nil {
		for _, object := range drift.Objects {
			lines = append(lines, object.String())
		}
		for _, correction := range drift.Corrections {
			lines = append(lines, fmt.Sprintf("%s corrected %d times (%s)", correction.Object, correction.Count, correction.Managers))
		}
	}
	return lines
}

func (f *fleet) requireDrift(i int, want ...string) {
	f.t.Helper()
	if diff := cmp.Diff(want, f.driftOf(i)); diff != "" {
		f.t.Errorf("drift of namespace %d (want, got): %s", i, diff)
	}
}

// getGuard returns the NetworkPolicy of a namespace.
func (f *fleet) getGuard(i int) *networkingv1.NetworkPolicy {
	f.t.Helper()
	guard := &networkingv1.NetworkPolicy{}
	if err := f.Client.Get(f.ctx(), client.ObjectKey{Namespace: f.namespaceName(i), Name: "guard"}, guard); err != nil {
		f.t.Fatal(err)
	}
	return guard
}

// asManager returns a client whose writes the API server records under a manager.
func (f *fleet) asManager(manager string) client.Client {
	return client.WithFieldOwner(f.Client, manager)
}

// newTenant returns a client of a user who may edit a namespace, as the role "edit" that comes with Kubernetes allows.
func (f *fleet) newTenant(i int) client.Client {
	f.t.Helper()
	user := f.newUser(fmt.Sprintf("tenant-%d", i))
	name := f.uniqueName(fmt.Sprintf("tenant-%d", i))
	f.createObjects(&rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: f.namespaceName(i), Name: "tenant"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "edit"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name}},
	})
	f.eventually(func(ctx context.Context) error {
		return user.Get(ctx, client.ObjectKey{Namespace: f.namespaceName(i), Name: "guard"}, &networkingv1.NetworkPolicy{})
	})
	return user
}

// edit changes an object as a user, who reads it first.
func edit[T client.Object](f *fleet, user client.Client, object T, change func(T)) {
	f.t.Helper()
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error { // with controllers
		if err := user.Get(f.ctx(), client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		change(object)
		return user.Update(f.ctx(), object)
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

// An Optional baseline reports what differs and who changed it, and leaves it alone.
func TestDriftIsReported(t *testing.T) {
	f := newGuarded(sharedInstallation(t), 7, nil)
	f.requireAudit(0)
	settings := configMap("settings")
	settings.Namespace = f.namespaceName(0)
	editor := f.asManager("editor")
	edit(f, editor, settings, func(c *corev1.ConfigMap) { c.Data["key"], c.Data["own"] = "mine", "x" })
	f.deleteObjects(f.getGuard(1))
	edit(f, editor, f.getGuard(2), func(n *networkingv1.NetworkPolicy) { delete(n.Labels, v1alpha1.LabelBaseline); n.Spec.Ingress = nil })
	edit(f, editor, f.getSecret(f.namespaceName(3)), func(s *corev1.Secret) { s.Data["own"] = []byte("x") })
	edit(f, editor, f.getGuard(4), func(n *networkingv1.NetworkPolicy) { n.Spec.PodSelector.MatchLabels = map[string]string{"app": "x"} })
	removed := configMap("settings")
	removed.Namespace = f.namespaceName(6)
	edit(f, editor, removed, func(c *corev1.ConfigMap) { delete(c.Data, "key") }) // no manager shows a field that is gone
	f.requireAudit(4)
	f.requireDrift(0, "configmaps/settings: Changed: data.key was changed by editor")
	f.requireDrift(1, "networkpolicies.networking.k8s.io/guard: Missing")
	f.requireDrift(2) // without the label it is the tenant's
	f.requireDrift(3) // an added key is the tenant's
	f.requireDrift(4, "networkpolicies.networking.k8s.io/guard: Changed: spec.podSelector.matchLabels was changed by editor")
	f.requireDrift(5)
	f.requireDrift(6, "configmaps/settings: Changed: data was removed")
	want := f.allCurrent()
	want.DriftedNamespaces = 4
	f.awaitNumbers(want)
	before := f.readRecord(0)
	f.requireAudit(4)
	if after := f.readRecord(0); after.ResourceVersion != before.ResourceVersion {
		t.Error("an audit that finds the same wrote the record")
	}
	f.requireListedDrift(0, 1, 4, 6)

	edit(f, editor, settings, func(c *corev1.ConfigMap) { c.Data["key"] = "value of settings" })
	f.requireAudit(3)
	f.requireDrift(0)
	want.DriftedNamespaces = 3
	f.awaitNumbers(want)
}

// requireListedDrift fails the test unless "fleet namespaces --drifted" lists these namespaces, each with a reason.
func (f *fleet) requireListedDrift(places ...int) {
	f.t.Helper()
	var names []string
	for _, listed := range f.listNamespaces(f.baseline.Name, "--drifted") {
		names = append(names, listed.Namespace)
		if !strings.Contains(listed.Why, "settings changed: data") && !strings.Contains(listed.Why, "guard ") {
			f.t.Errorf("%s is listed because %q", listed.Namespace, listed.Why)
		}
	}
	var want []string
	for _, i := range places {
		want = append(want, f.namespaceName(i))
	}
	slices.Sort(want)
	if !slices.Equal(names, want) {
		f.t.Errorf("listed as drifted: %q, want %q", names, want)
	}
}

// Nobody may decline a Required baseline: whatever a tenant with the role "edit" does to its objects is undone by one audit.
func TestDriftOfARequiredBaselineIsCorrected(t *testing.T) {
	f := newGuarded(sharedInstallation(t), 8, required)
	f.requireAudit(0)
	guard := f.getGuard(0)
	f.requireCorrected(0, func(tenant client.Client) error { return tenant.Delete(f.ctx(), guard) }, "guard corrected 1 times ()")
	f.requireCorrected(1, func(tenant client.Client) error {
		guard := f.getGuard(1)
		guard.Spec.Ingress = append(guard.Spec.Ingress, networkingv1.NetworkPolicyIngressRule{})
		return tenant.Update(f.ctx(), guard, client.FieldOwner("editor"))
	}, "guard corrected 1 times (editor)")
	f.requireCorrected(2, func(tenant client.Client) error {
		guard := f.getGuard(2)
		guard.Labels = nil
		return tenant.Update(f.ctx(), guard, client.FieldOwner("editor"))
	}, "guard corrected 1 times ()")
	f.requireCorrected(3, func(tenant client.Client) error {
		guard := f.getGuard(3)
		guard.Spec.Egress = []networkingv1.NetworkPolicyEgressRule{{}}
		guard.Spec.PodSelector.MatchLabels = map[string]string{"app": "none"}
		guard.Labels[v1alpha1.LabelBaseline] = "another"
		return tenant.Update(f.ctx(), guard, client.FieldOwner("editor"))
	}, "guard corrected 1 times ()")
	f.requireCorrected(7, func(tenant client.Client) error { f.controlGuard(7, tenant); return nil }, "")
	f.requireCorrected(6, func(tenant client.Client) error { // which a finalizer of the tenant's holds for ever
		guard := f.getGuard(6)
		guard.Finalizers = []string{"example.com/hold"}
		if err := tenant.Update(f.ctx(), guard); err != nil {
			return err
		}
		if err := tenant.Delete(f.ctx(), guard); err != nil {
			return err
		}
		guard = f.getGuard(6)
		guard.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{}}
		return tenant.Update(f.ctx(), guard, client.FieldOwner("editor"))
	}, "guard corrected 1 times (editor)")
	held := f.getGuard(6)
	f.updateObject(held, func() { held.Finalizers = nil })
	f.requireAudit(1)
	f.requireAudit(0)
	f.requireCorrected(5, func(tenant client.Client) error {
		guard := f.getGuard(5)
		before := guard.ManagedFields
		guard.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{}}
		if err := tenant.Update(f.ctx(), guard, client.FieldOwner("editor")); err != nil {
			return err
		}
		guard.ManagedFields = before // as if Seedbed alone had written it
		if err := tenant.Update(f.ctx(), guard, client.FieldOwner("editor")); err != nil {
			return err
		}
		if diff := cmp.Diff(before, f.getGuard(5).ManagedFields); diff != "" {
			return fmt.Errorf("the API server has other managers (want, got): %s", diff)
		}
		return nil
	}, "guard corrected 1 times ()")
	f.requireCorrected(4, func(tenant client.Client) error {
		guard := f.getGuard(4)
		if err := tenant.Delete(f.ctx(), guard); err != nil {
			return err
		}
		own := newGuard()
		own.Namespace, own.Labels, own.Spec.Ingress = guard.Namespace, guard.Labels, []networkingv1.NetworkPolicyIngressRule{{}}
		return tenant.Create(f.ctx(), own, client.FieldOwner(v1alpha1.FieldManager)) // under Seedbed's own name
	}, "")
}

// requireCorrected has a tenant change the NetworkPolicy of a namespace, and fails the test unless one audit puts it back and the next
// finds no drift any more. The drift's only line ends with want; an empty one is not checked.
func (f *fleet) requireCorrected(i int, act func(tenant client.Client) error, want string) {
	f.t.Helper()
	tenant := f.newTenant(i)
	f.awaitAfterSkew(i)
	if err := act(tenant); err != nil {
		f.t.Fatalf("namespace %d: %v", i, err)
	}
	f.requireAudit(1)
	guard := f.getGuard(i)
	if diff := cmp.Diff(newGuard().Spec, guard.Spec); diff != "" || guard.Labels[v1alpha1.LabelBaseline] != f.baseline.Name || len(guard.OwnerReferences) > 0 {
		f.t.Errorf("namespace %d after the audit: labels %v, owners %v, spec (want, got): %s", i, guard.Labels, guard.OwnerReferences, diff)
	}
	if drift := f.driftOf(i); len(drift) != 1 || !strings.HasSuffix(drift[0], want) {
		f.t.Errorf("namespace %d: drift %q, want it to end with %q", i, drift, want)
	}
	f.requireAudit(0)
	f.requireDrift(i)
}

// awaitAfterSkew waits until the API server's time is so much after the record that its clock's difference is no reason.
func (f *fleet) awaitAfterSkew(i int) {
	f.t.Helper()
	written := f.readRecord(i).CreationTimestamp
	f.awaitLaterSecond(metav1.Time{Time: written.Add(3 * time.Second)})
}

// A tenant who comes before the baseline may set the generation of a ConfigMap, which the API server then never changes: it proves nothing.
func TestGenerationOfATenantHidesNoDrift(t *testing.T) {
	f := &fleet{env: sharedInstallation(t), size: 1}
	f.label = f.uniqueName("fleet")
	backup := f.createBackup(f.createSource(configMap("settings")), "configmaps")
	f.baseline = f.createBaseline(backup.Name, func(spec *v1alpha1.BaselineSpec) { f.selectByLabel(spec); required(spec) })
	own := configMap("settings")
	own.Generation, own.Data = 1, map[string]string{"key": "mine"}
	f.createNamespaces(own)
	f.awaitNumbers(f.allCurrent())
	own.Namespace = f.namespaceName(0)
	edit(f, f.asManager("editor"), own, func(c *corev1.ConfigMap) {
		if c.Generation != 1 || c.Data["key"] != "value of settings" {
			t.Fatalf("generation %d, data %v after the restore", c.Generation, c.Data)
		}
		c.Data["key"] = "mine"
	})
	f.requireAudit(1)
	edit(f, f.asManager("editor"), own, func(c *corev1.ConfigMap) {
		if c.Data["key"] != "value of settings" {
			t.Errorf("data %v after the audit", c.Data)
		}
	})
}

// A second controller that writes an object again and again gets three corrections, and is named then.
func TestFightIsGivenUpAfterThreeCorrections(t *testing.T) {
	f := newGuarded(sharedInstallation(t), 1, required)
	fighter := f.asManager("fighter")
	settings := configMap("settings")
	settings.Namespace = f.namespaceName(0)
	corrected := 0
	for range 6 {
		edit(f, fighter, settings, func(c *corev1.ConfigMap) { c.Data["key"] = "theirs" })
		f.requireAudit(1)
		if err := f.Client.Get(f.ctx(), client.ObjectKeyFromObject(settings), settings); err != nil {
			t.Fatal(err)
		}
		if settings.Data["key"] == "value of settings" {
			corrected++
		}
	}
	if corrected != v1alpha1.MaxCorrections {
		t.Errorf("corrected %d times", corrected)
	}
	f.requireDrift(0,
		"configmaps/settings: Changed: data.key was changed by fighter; left alone after 3 corrections in a row, because fighter changed it again each time",
		"configmaps/settings corrected 3 times (fighter)")
	edit(f, f.asManager("another"), settings, func(c *corev1.ConfigMap) { c.Data["key"] = "another's" })
	f.requireAudit(1)
	f.requireDrift(0, "configmaps/settings corrected 1 times (another)")
}

// What a rule of the Baseline lets differ is neither reported nor corrected.
func TestIgnoredDrift(t *testing.T) {
	f := newGuarded(sharedInstallation(t), 3, func(spec *v1alpha1.BaselineSpec) {
		spec.Enforcement = v1alpha1.EnforcementRequired
		spec.DriftIgnore = []v1alpha1.DriftIgnoreRule{{Kind: "ConfigMap", Name: "settings", Paths: []string{"/data/key"}}, {Kind: "Secret"}}
	})
	settings := configMap("settings")
	settings.Namespace = f.namespaceName(0)
	editor := f.asManager("editor")
	edit(f, editor, settings, func(c *corev1.ConfigMap) { c.Data["key"] = "mine" })
	f.deleteObjects(f.getSecret(f.namespaceName(1)))
	f.requireAudit(0)
	edit(f, editor, settings, func(c *corev1.ConfigMap) { c.Data["more"] = "x" })
	f.requireAudit(1)
	edit(f, editor, settings, func(c *corev1.ConfigMap) {
		if c.Data["key"] != "mine" || c.Data["more"] != "" {
			t.Errorf("after the correction the data is %v", c.Data)
		}
	})
	f.updateObject(f.baseline, func() { f.baseline.Spec.Drift, f.baseline.Spec.DriftIgnore = v1alpha1.DriftIgnore, nil })
	if audit := f.audit(); audit.Namespaces != 0 || !strings.Contains(audit.Message, "Ignore") {
		t.Errorf("audit %+v of a Baseline whose drift is ignored", audit)
	}
}

// The tool's command waits for the audit and names the namespaces and objects.
func TestAuditCommand(t *testing.T) {
	f := newGuarded(sharedInstallation(t), 2, required)
	f.deleteObjects(f.getGuard(1))
	out := f.runTool("baseline", "audit", f.baseline.Name, "--wait")
	f.requireContains(out, fmt.Sprintf("Baseline %q: 2 namespaces audited, 1 drifted, 0 skipped.", f.baseline.Name),
		f.namespaceName(1)+": networkpolicies.networking.k8s.io/guard put back (deleted)")
	out = f.runTool("baseline", "audit", f.baseline.Name, "--wait", "--namespace", f.namespaceName(0))
	f.requireContains(out, "2 namespaces audited, 0 drifted")
	f.requireContains(f.runTool("baseline", "audit", f.baseline.Name), "is requested")
}
