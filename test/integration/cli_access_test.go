package integration

import (
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Access to baselines is granted and removed by plain RBAC, one subject at a time.
func testAccess(t *testing.T, c *commandLine) {
	baseline := &v1alpha1.Baseline{ObjectMeta: namedMeta(c.uniqueName("web")), Spec: v1alpha1.BaselineSpec{Backup: "b"}}
	c.createObject(t, baseline)
	grant := c.uniqueName("seedbed-use-web")
	c.deleteAtEnd(t, &rbacv1.ClusterRole{ObjectMeta: namedMeta(grant)})
	c.deleteAtEnd(t, &rbacv1.ClusterRoleBinding{ObjectMeta: namedMeta(grant)})

	c.requireOutput(t, "baseline allow web-% --group team-% --user alice-%",
		"Baseline \"web-%\": group \"team-%\" may choose it now.\nBaseline \"web-%\": user \"alice-%\" may choose it now.\n")
	c.requireOutput(t, "baseline allow web-% --user alice-% --serviceaccount %:deployer",
		"Baseline \"web-%\": user \"alice-%\" may choose it already.\nBaseline \"web-%\": service account \"%:deployer\" may choose it now.\n")
	c.wantAccess(t, "web-%", "Group team-% seedbed-use-web-% this one", "User alice-% seedbed-use-web-% this one", "ServiceAccount %:deployer seedbed-use-web-% this one")
	for _, as := range []string{"--as alice-%", "--as x --as-group team-%", "--as system:serviceaccount:%:deployer"} {
		if out := c.mustSucceed(t, "baseline get --mine -o name "+as); out != "baseline.seedbed.dev/"+baseline.Name+"\n" {
			t.Errorf("%s may choose %q", as, out)
		}
	}

	c.requireOutput(t, "baseline deny web-% --user alice-% --user nobody-%",
		"Baseline \"web-%\": user \"alice-%\" is taken out (clusterrolebinding seedbed-use-web-%).\n"+
			"Baseline \"web-%\": user \"nobody-%\" was not in it (clusterrolebinding seedbed-use-web-%).\n")
	c.wantAccess(t, "web-%", "Group team-% seedbed-use-web-% this one", "ServiceAccount %:deployer seedbed-use-web-% this one")
	if out, _, code := c.runCLI(t, "baseline get --mine --as alice-%"); code == 0 {
		t.Errorf("alice may choose still:\n%s", out)
	}
	c.mustSucceed(t, "baseline deny web-% --group team-% --serviceaccount %:deployer")
	for _, obj := range []client.Object{&rbacv1.ClusterRole{}, &rbacv1.ClusterRoleBinding{}} {
		if err := c.admin.Get(testContext(t), client.ObjectKey{Name: grant}, obj); !apierrors.IsNotFound(err) {
			t.Errorf("%T is left: %v", obj, err)
		}
	}
	c.mustSucceed(t, "baseline deny web-% --group team-%") // once more
}

// Users with access by other roles are listed, and named by deny.
func testOtherAccess(t *testing.T, c *commandLine) {
	e := newAdmissionEnv(t) // for its users
	c.createObject(t, &v1alpha1.Baseline{ObjectMeta: namedMeta(c.uniqueName("web")), Spec: v1alpha1.BaselineSpec{Backup: "b"}})
	e.grantRules(t, "all", policyRule("*", "*", nil, "*"))
	e.grantRules(t, "every", policyRule(v1alpha1.GroupName, "baselines", nil, v1alpha1.VerbUse))
	e.grantRules(t, "one", policyRule(v1alpha1.GroupName, "baselines", []string{c.uniqueName("web"), "x"}, v1alpha1.VerbUse))
	e.grantRules(t, "another", policyRule(v1alpha1.GroupName, "baselines", []string{"x"}, v1alpha1.VerbUse))
	e.grantRules(t, "reader", policyRule(v1alpha1.GroupName, "baselines", nil, "get", "list", "watch"))
	out := c.mustSucceed(t, "baseline who-can web-%")
	for user, scope := range map[string]string{"all": "all", "every": "all", "one": "this one", "another": "", "reader": ""} {
		line := ""
		for each := range strings.Lines(out) {
			if strings.HasPrefix(each, "User") && strings.Contains(each, " "+e.uniqueName(user)+" ") {
				line = strings.TrimSpace(each)
			}
		}
		if !strings.HasSuffix(line, scope) || (line == "") != (scope == "") {
			t.Errorf("of %s: %q, want one of scope %q in\n%s", user, line, scope, out)
		}
	}
	if !strings.Contains(out, "system:masters") {
		t.Errorf("no cluster-admin in\n%s", out)
	}
	_, errOut, code := c.runCLI(t, "baseline deny web-% --user "+e.uniqueName("every"))
	if want := c.expandID("Note: user \"" + e.uniqueName("every") + "\" may choose baseline \"web-%\" still, by clusterrolebinding "); code != 0 || !strings.Contains(errOut, want) {
		t.Errorf("exit code %d, no %q in %q", code, want, errOut)
	}
}

// RBAC lets no user grant rights beyond their own: the CLI reports it before it writes anything.
func testForbiddenAccess(t *testing.T, c *commandLine) {
	e := newAdmissionEnv(t) // for its users
	c.createObject(t, &v1alpha1.Baseline{ObjectMeta: namedMeta(c.uniqueName("web")), Spec: v1alpha1.BaselineSpec{Backup: "b"}})
	grant := c.uniqueName("seedbed-use-web")
	c.deleteAtEnd(t, &rbacv1.ClusterRole{ObjectMeta: namedMeta(grant)})
	c.deleteAtEnd(t, &rbacv1.ClusterRoleBinding{ObjectMeta: namedMeta(grant)})
	call := "baseline allow web-% --group team-% --as " + e.uniqueName("lead")
	c.requireRefused(t, call, "cannot read clusterrole \"seedbed-use-web-%\": clusterroles.rbac.authorization.k8s.io \"seedbed-use-web-%\" is forbidden: User \""+e.uniqueName("lead")+
		"\" cannot get resource \"clusterroles\" in API group \"rbac.authorization.k8s.io\" at the cluster scope: ask whoever administers the cluster for that permission")
	e.grantRules(t, "lead", policyRule(rbacv1.GroupName, "clusterroles", nil, "get", "create"), policyRule(rbacv1.GroupName, "clusterrolebindings", nil, "get"))
	c.requireRefused(t, call, "you may not create clusterrolebindings.rbac.authorization.k8s.io: ask whoever administers the cluster for that permission")
	e.grantRules(t, "lead", policyRule(rbacv1.GroupName, "clusterrolebindings", nil, "create", "update"))
	c.requireRefused(t, call, "you may not let others choose baseline \"web-%\", because you may not choose it yourself: RBAC lets nobody hand out more than they have. "+
		"Ask whoever administers the cluster for the verbs \"get\" and \"use\" on it, or to run this for you")
	c.requireRefused(t, "baseline who-can web-% --as "+e.uniqueName("lead"), "cannot list clusterroles: clusterroles.rbac.authorization.k8s.io is forbidden: User \""+e.uniqueName("lead")+
		"\" cannot list resource \"clusterroles\" in API group \"rbac.authorization.k8s.io\" at the cluster scope: ask whoever administers the cluster for that permission")
	e.grantRules(t, "lead", policyRule(v1alpha1.GroupName, "baselines", []string{c.uniqueName("web")}, "get", v1alpha1.VerbUse))
	c.mustSucceed(t, call)
	e.grantRules(t, "binder", policyRule(rbacv1.GroupName, "clusterroles", nil, "get", "bind"), policyRule(rbacv1.GroupName, "clusterrolebindings", nil, "get", "update"))
	c.mustSucceed(t, "baseline allow web-% --group other-% --as "+e.uniqueName("binder"))

	foreign := &rbacv1.ClusterRole{}
	if err := c.admin.Get(testContext(t), client.ObjectKey{Name: grant}, foreign); err != nil {
		t.Fatal(err)
	}
	foreign.Rules[0].Verbs = []string{"*"}
	if err := c.admin.Update(testContext(t), foreign); err != nil {
		t.Fatal(err)
	}
	c.requireRefused(t, "baseline allow web-% --group more-%", "clusterrole \"seedbed-use-web-%\" has other rules than `seedbed baseline allow web-% -o yaml` prints: make them the same, or delete it")
	c.mustSucceed(t, "baseline deny web-% --group other-%") // removing access needs no right of the role
	c.wantAccess(t, "web-%", "Group team-% seedbed-use-web-% this one")
	c.requireRefused(t, "baseline allow wbe-% --group more-%", "baseline \"wbe-%\" does not exist: did you mean \"web-%\"?")
}

// wantAccess requires exactly these users of a baseline, among the subjects of the test; each is KIND NAME ROLE BASELINES.
func (c *commandLine) wantAccess(t *testing.T, baseline string, want ...string) {
	t.Helper()
	got := map[string]bool{}
	for line := range strings.Lines(c.mustSucceed(t, "baseline who-can "+baseline)) {
		fields := strings.Fields(line)
		if strings.Contains(fields[1], c.id) {
			got[strings.Join(append(fields[:2:2], fields[3:]...), " ")] = true
		}
	}
	for _, line := range want {
		if !got[c.expandID(line)] {
			t.Errorf("no %q among %v", c.expandID(line), got)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%v may choose %s, want %q", got, baseline, want)
	}
}
