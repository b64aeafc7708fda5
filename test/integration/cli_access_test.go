package integration

import (
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Baselines are handed out and taken back by plain RBAC, one subject at a time.
func testAccess(t *testing.T, c *commandLine) {
	baseline := &v1alpha1.Baseline{ObjectMeta: named(c.name("web")), Spec: v1alpha1.BaselineSpec{Backup: "b"}}
	c.create(t, baseline)
	grant := c.name("seedbed-use-web")
	c.remove(t, &rbacv1.ClusterRole{ObjectMeta: named(grant)})
	c.remove(t, &rbacv1.ClusterRoleBinding{ObjectMeta: named(grant)})

	c.prints(t, "baseline allow web-% --group team-% --user alice-%",
		"Baseline \"web-%\": group \"team-%\" may choose it now.\nBaseline \"web-%\": user \"alice-%\" may choose it now.\n")
	c.prints(t, "baseline allow web-% --user alice-% --serviceaccount %:deployer",
		"Baseline \"web-%\": user \"alice-%\" may choose it already.\nBaseline \"web-%\": service account \"%:deployer\" may choose it now.\n")
	c.wantAccess(t, "web-%", "Group team-% seedbed-use-web-% this one", "User alice-% seedbed-use-web-% this one", "ServiceAccount %:deployer seedbed-use-web-% this one")
	for _, as := range []string{"--as alice-%", "--as x --as-group team-%", "--as system:serviceaccount:%:deployer"} {
		if out := c.succeeds(t, "baseline get --mine -o name "+as); out != "baseline.seedbed.dev/"+baseline.Name+"\n" {
			t.Errorf("%s may choose %q", as, out)
		}
	}

	c.prints(t, "baseline deny web-% --user alice-% --user nobody-%",
		"Baseline \"web-%\": user \"alice-%\" is taken out (clusterrolebinding seedbed-use-web-%).\n"+
			"Baseline \"web-%\": user \"nobody-%\" was not in it (clusterrolebinding seedbed-use-web-%).\n")
	c.wantAccess(t, "web-%", "Group team-% seedbed-use-web-% this one", "ServiceAccount %:deployer seedbed-use-web-% this one")
	if out, _, code := c.run(t, "baseline get --mine --as alice-%"); code == 0 {
		t.Errorf("alice may choose still:\n%s", out)
	}
	c.succeeds(t, "baseline deny web-% --group team-% --serviceaccount %:deployer")
	for _, obj := range []client.Object{&rbacv1.ClusterRole{}, &rbacv1.ClusterRoleBinding{}} {
		if err := c.admin.Get(deadline(t), client.ObjectKey{Name: grant}, obj); !apierrors.IsNotFound(err) {
			t.Errorf("%T is left: %v", obj, err)
		}
	}
	c.succeeds(t, "baseline deny web-% --group team-%") // once more
}

// Whoever may choose by other ways is listed, and named by deny.
func testOtherAccess(t *testing.T, c *commandLine) {
	w := newAdmissionWorld(t) // for its users
	c.create(t, &v1alpha1.Baseline{ObjectMeta: named(c.name("web")), Spec: v1alpha1.BaselineSpec{Backup: "b"}})
	w.grant(t, "all", may("*", "*", nil, "*"))
	w.grant(t, "every", may(v1alpha1.GroupName, "baselines", nil, v1alpha1.VerbUse))
	w.grant(t, "one", may(v1alpha1.GroupName, "baselines", []string{c.name("web"), "x"}, v1alpha1.VerbUse))
	w.grant(t, "another", may(v1alpha1.GroupName, "baselines", []string{"x"}, v1alpha1.VerbUse))
	w.grant(t, "reader", may(v1alpha1.GroupName, "baselines", nil, "get", "list", "watch"))
	out := c.succeeds(t, "baseline who-can web-%")
	for user, scope := range map[string]string{"all": "all", "every": "all", "one": "this one", "another": "", "reader": ""} {
		line := ""
		for each := range strings.Lines(out) {
			if strings.HasPrefix(each, "User") && strings.Contains(each, " "+w.name(user)+" ") {
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
	_, errOut, code := c.run(t, "baseline deny web-% --user "+w.name("every"))
	if want := c.fill("Note: user \"" + w.name("every") + "\" may choose baseline \"web-%\" still, by clusterrolebinding "); code != 0 || !strings.Contains(errOut, want) {
		t.Errorf("exit code %d, no %q in %q", code, want, errOut)
	}
}

// RBAC lets nobody hand out what they do not have: it is said before anything is written.
func testForbiddenAccess(t *testing.T, c *commandLine) {
	w := newAdmissionWorld(t) // for its users
	c.create(t, &v1alpha1.Baseline{ObjectMeta: named(c.name("web")), Spec: v1alpha1.BaselineSpec{Backup: "b"}})
	grant := c.name("seedbed-use-web")
	c.remove(t, &rbacv1.ClusterRole{ObjectMeta: named(grant)})
	c.remove(t, &rbacv1.ClusterRoleBinding{ObjectMeta: named(grant)})
	call := "baseline allow web-% --group team-% --as " + w.name("lead")
	c.refuses(t, call, "cannot read clusterrole \"seedbed-use-web-%\": clusterroles.rbac.authorization.k8s.io \"seedbed-use-web-%\" is forbidden: User \""+w.name("lead")+
		"\" cannot get resource \"clusterroles\" in API group \"rbac.authorization.k8s.io\" at the cluster scope: ask whoever administers the cluster for that permission")
	w.grant(t, "lead", may(rbacv1.GroupName, "clusterroles", nil, "get", "create"), may(rbacv1.GroupName, "clusterrolebindings", nil, "get"))
	c.refuses(t, call, "you may not create clusterrolebindings.rbac.authorization.k8s.io: ask whoever administers the cluster for that permission")
	w.grant(t, "lead", may(rbacv1.GroupName, "clusterrolebindings", nil, "create", "update"))
	c.refuses(t, call, "you may not let others choose baseline \"web-%\", because you may not choose it yourself: RBAC lets nobody hand out more than they have. "+
		"Ask whoever administers the cluster for the verbs \"get\" and \"use\" on it, or to run this for you")
	c.refuses(t, "baseline who-can web-% --as "+w.name("lead"), "cannot list clusterroles: clusterroles.rbac.authorization.k8s.io is forbidden: User \""+w.name("lead")+
		"\" cannot list resource \"clusterroles\" in API group \"rbac.authorization.k8s.io\" at the cluster scope: ask whoever administers the cluster for that permission")
	w.grant(t, "lead", may(v1alpha1.GroupName, "baselines", []string{c.name("web")}, "get", v1alpha1.VerbUse))
	c.succeeds(t, call)
	w.grant(t, "binder", may(rbacv1.GroupName, "clusterroles", nil, "get", "bind"), may(rbacv1.GroupName, "clusterrolebindings", nil, "get", "update"))
	c.succeeds(t, "baseline allow web-% --group other-% --as "+w.name("binder"))

	foreign := &rbacv1.ClusterRole{}
	if err := c.admin.Get(deadline(t), client.ObjectKey{Name: grant}, foreign); err != nil {
		t.Fatal(err)
	}
	foreign.Rules[0].Verbs = []string{"*"}
	if err := c.admin.Update(deadline(t), foreign); err != nil {
		t.Fatal(err)
	}
	c.refuses(t, "baseline allow web-% --group more-%", "clusterrole \"seedbed-use-web-%\" has other rules than `seedbed baseline allow web-% -o yaml` prints: make them the same, or delete it")
	c.succeeds(t, "baseline deny web-% --group other-%") // taking back is possible whatever the role gives
	c.wantAccess(t, "web-%", "Group team-% seedbed-use-web-% this one")
	c.refuses(t, "baseline allow wbe-% --group more-%", "baseline \"wbe-%\" does not exist: did you mean \"web-%\"?")
}

// wantAccess wants exactly these of who may choose, among the subjects of the test; each is KIND NAME ROLE BASELINES.
func (c *commandLine) wantAccess(t *testing.T, baseline string, want ...string) {
	t.Helper()
	got := map[string]bool{}
	for line := range strings.Lines(c.succeeds(t, "baseline who-can "+baseline)) {
		fields := strings.Fields(line)
		if strings.Contains(fields[1], c.id) {
			got[strings.Join(append(fields[:2:2], fields[3:]...), " ")] = true
		}
	}
	for _, line := range want {
		if !got[c.fill(line)] {
			t.Errorf("no %q among %v", c.fill(line), got)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%v may choose %s, want %q", got, baseline, want)
	}
}
