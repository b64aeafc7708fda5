package flow

import (
	"context"
	"errors"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// Texts of the protection's refusals.
const (
	byProtection  = "ValidatingAdmissionPolicy 'seedbed-protection'"
	refusedMark   = "label seedbed.dev/protected: only Seedbed sets it, on objects of Required baselines with drift: Deny: "
	refusedChange = `belongs to the Required baseline "web", which protects it: change the baseline, or ask an administrator for the verb "administer" on it`
)

// protection is an installation with the protection in force, without a controller, and a namespace with users of each kind.
// Its Baseline "web" denies drift.
type protection struct {
	*env
	baseline  *v1alpha1.Baseline
	namespace string
	// tenant may edit the namespace, owner may do everything in it, and administrator is a tenant with "administer" on web.
	tenant, owner, administrator client.Client
	// seedbed is Seedbed's own client.
	seedbed client.Client
}

func newProtection(t *testing.T) *protection {
	t.Helper()
	p := &protection{env: newInstallation(t), namespace: "bar"}
	if err := p.Apply(p.ctx(), "config/protection/*.yaml"); err != nil {
		t.Fatal(err)
	}
	p.baseline = newDenyingBaseline("web")
	p.createObjects(p.baseline, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: p.namespace}},
		&rbacv1.Role{ObjectMeta: p.meta("owner"), Rules: []rbacv1.PolicyRule{{Verbs: []string{"*"}, APIGroups: []string{"*"}, Resources: []string{"*"}}}})
	p.seedbed = p.asSeedbed()
	p.tenant, p.owner = p.newUser("tenant"), p.newUser("owner")
	p.administrator = p.newUser("administrator", newRule("administer", v1alpha1.GroupName, "baselines", "web"))
	p.bind("ClusterRole", "edit", p.user("tenant"), p.user("administrator"))
	p.bind("Role", "owner", p.user("owner"))
	p.awaitInForce(p.tenant, p.owner, p.administrator)
	return p
}

// newDenyingBaseline returns a Baseline that protects its objects. Its backup need not exist.
func newDenyingBaseline(name string) *v1alpha1.Baseline {
	return &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.BaselineSpec{
		Backup: "no-such", Enforcement: v1alpha1.EnforcementRequired, Drift: v1alpha1.DriftDeny,
	}}
}

// withTest returns the same for a part of the test.
func (p *protection) withTest(t *testing.T) *protection {
	part, e := *p, *p.env
	e.t, part.env = t, &e
	return &part
}

func (p *protection) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: p.namespace, Name: name}
}

// protectedMeta returns the metadata of an object of the Baseline web.
func (p *protection) protectedMeta(name string) metav1.ObjectMeta {
	meta := p.meta(name)
	meta.Labels = map[string]string{v1alpha1.LabelProtected: "web"}
	return meta
}

// user returns the subject of a user of newUser.
func (p *protection) user(name string) rbacv1.Subject {
	return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: p.uniqueName(name)}
}

// bind grants a role in the namespace.
func (p *protection) bind(kind, role string, subjects ...rbacv1.Subject) {
	p.t.Helper()
	binding := &rbacv1.RoleBinding{RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: kind, Name: role}, Subjects: subjects}
	binding.Namespace, binding.GenerateName = p.namespace, "test-"
	p.createObjects(binding)
}

// awaitInForce waits until the users may write in the namespace, and the API server refuses the tenant to protect an object.
func (p *protection) awaitInForce(users ...client.Client) {
	p.t.Helper()
	p.eventually(func(ctx context.Context) error {
		for _, user := range users {
			if err := user.Create(ctx, &corev1.ConfigMap{ObjectMeta: p.meta("probe")}, client.DryRunAll); err != nil {
				return err
			}
		}
		if err := p.tenant.Create(ctx, &corev1.ConfigMap{ObjectMeta: p.protectedMeta("probe")}, client.DryRunAll); err == nil {
			return errors.New("the protection is not in force yet")
		}
		return nil
	})
}

// create creates objects as Seedbed does.
func (p *protection) create(objects ...client.Object) {
	p.t.Helper()
	for _, object := range objects {
		if err := p.seedbed.Create(p.ctx(), object); err != nil {
			p.t.Fatalf("create %T %s: %v", object, object.GetName(), err)
		}
	}
}

// requireChangeRefused fails the test unless err is the protection's refusal to change an object.
func (p *protection) requireChangeRefused(err error, kind, name string) {
	p.t.Helper()
	p.requireRefused(err, byProtection, fmt.Sprintf("%s %q %s", kind, name, refusedChange))
}

// requireAllowed fails the test if err is set.
func (p *protection) requireAllowed(err error, what string) {
	p.t.Helper()
	if err != nil {
		p.t.Errorf("%s: %v", what, err)
	}
}

// mergePatch returns a patch.
func mergePatch(format string, args ...any) client.Patch {
	return client.RawPatch(types.MergePatchType, fmt.Appendf(nil, format, args...))
}

// jsonPatch returns a patch of one operation.
func jsonPatch(operation string) client.Patch {
	return client.RawPatch(types.JSONPatchType, []byte("["+operation+"]"))
}

// controllerReference returns an owner that is a controller; the API server does not ask whether it exists, and the garbage
// collector leaves alone what its cache does not know at once.
func controllerReference(owner *corev1.ConfigMap) metav1.OwnerReference {
	isController := true
	return metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: owner.Name, UID: owner.UID, Controller: &isController}
}

// accountOf returns a client of a ServiceAccount, which is created in its namespace.
func (p *protection) accountOf(namespace, name string) (client.Client, rbacv1.Subject) {
	p.t.Helper()
	p.createObjects(&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}})
	config, err := p.Cluster.ServiceAccountConfig(p.ctx(), namespace, name)
	if err != nil {
		p.t.Fatal(err)
	}
	c, err := client.New(config, client.Options{Scheme: seedbed.Scheme()})
	if err != nil {
		p.t.Fatal(err)
	}
	return c, rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: name}
}
