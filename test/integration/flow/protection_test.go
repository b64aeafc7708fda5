package flow

import (
	"context"
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/rand"
	corev1apply "k8s.io/client-go/applyconfigurations/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// protectionUser is a user of the table, who may edit the namespace.
type protectionUser struct {
	name   string
	client client.Client
	// isAdministrator: the user may change what the Baseline web protects. isExempt: and set the label.
	isAdministrator, isExempt bool
}

// newProtectionUsers returns a user of each kind.
func (p *protection) newProtectionUsers() []protectionUser {
	p.t.Helper()
	controllers, controllersAccount := p.accountOf(metav1.NamespaceSystem, "some-controller")
	operator, operatorAccount := p.accountOf(metav1.NamespaceDefault, "some-operator")
	lookalike, lookalikeAccount := p.accountOf(p.namespace, "system") // a namespace's own account
	manager, err := p.Cluster.UserConfig(p.ctx(), "system:kube-controller-manager", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	managerClient, err := client.New(manager, client.Options{Scheme: seedbed.Scheme()})
	if err != nil {
		p.t.Fatal(err)
	}
	other := p.newUser("other", newRule("administer", v1alpha1.GroupName, "baselines", "logging"))
	user := p.newUser("baseline-user", newRule("use,get,update,patch,delete", v1alpha1.GroupName, "baselines"))
	p.bind("ClusterRole", "edit", p.user("other"), p.user("baseline-user"), controllersAccount, operatorAccount, lookalikeAccount,
		rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "system:kube-controller-manager"},
		rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: seedbed.Namespace, Name: seedbed.ServiceAccount})
	p.awaitInForce(controllers, operator, lookalike, managerClient, other, user, p.seedbed)
	return []protectionUser{
		{name: "a tenant with edit", client: p.tenant},
		{name: "a tenant with everything in the namespace", client: p.owner},
		{name: "a ServiceAccount of the namespace", client: lookalike},
		{name: "a ServiceAccount of another namespace", client: operator},
		{name: "an administrator of another baseline", client: other},
		{name: "a user of the baseline", client: user},
		{name: "an administrator of the baseline", client: p.administrator, isAdministrator: true},
		{name: "a cluster-admin", client: p.Client, isAdministrator: true},
		{name: "a controller of kube-system", client: controllers, isAdministrator: true, isExempt: true},
		{name: "the controller manager", client: managerClient, isAdministrator: true, isExempt: true},
		{name: "Seedbed", client: p.seedbed, isAdministrator: true, isExempt: true},
	}
}

// protectionRequest is a request about a ConfigMap that Seedbed made.
type protectionRequest struct {
	// prepare edits the ConfigMap before it is made; without it, it is protected by web.
	prepare func(p *protection, object *corev1.ConfigMap)
	send    func(ctx context.Context, c client.Client, object *corev1.ConfigMap) error
	// refused is the refusal to the tenants: refusedChange, refusedMark, or empty if the request is allowed.
	refused string
}

// sendPatch returns a request that patches the ConfigMap.
func sendPatch(patch client.Patch) func(context.Context, client.Client, *corev1.ConfigMap) error {
	return func(ctx context.Context, c client.Client, object *corev1.ConfigMap) error {
		return c.Patch(ctx, object, patch)
	}
}

// sendUpdate returns a request that writes the whole ConfigMap.
func sendUpdate(edit func(*corev1.ConfigMap)) func(context.Context, client.Client, *corev1.ConfigMap) error {
	return func(ctx context.Context, c client.Client, object *corev1.ConfigMap) error {
		edit(object)
		return c.Update(ctx, object)
	}
}

// sendCreate returns a request that creates another ConfigMap.
func sendCreate(edit func(made, prepared *corev1.ConfigMap)) func(context.Context, client.Client, *corev1.ConfigMap) error {
	return func(ctx context.Context, c client.Client, object *corev1.ConfigMap) error {
		made := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: object.Namespace, GenerateName: "made-"}}
		edit(made, object)
		return c.Create(ctx, made)
	}
}

func sendDelete(ctx context.Context, c client.Client, object *corev1.ConfigMap) error {
	return c.Delete(ctx, object)
}

func sendDeleteCollection(ctx context.Context, c client.Client, object *corev1.ConfigMap) error {
	return c.DeleteAllOf(ctx, &corev1.ConfigMap{}, client.InNamespace(object.Namespace), client.MatchingLabels{"case": object.Labels["case"]})
}

// sendApply returns a request that applies the ConfigMap by server-side apply, and forces conflicts.
func sendApply(edit func(*corev1apply.ConfigMapApplyConfiguration)) func(context.Context, client.Client, *corev1.ConfigMap) error {
	return func(ctx context.Context, c client.Client, object *corev1.ConfigMap) error {
		wanted := corev1apply.ConfigMap(object.Name, object.Namespace)
		edit(wanted)
		return c.Apply(ctx, wanted, client.FieldOwner("test"), client.ForceOwnership)
	}
}

func unprotect(_ *protection, object *corev1.ConfigMap) {
	delete(object.Labels, v1alpha1.LabelProtected)
}

// own makes a ConfigMap that is controlled by another.
func own(p *protection, object *corev1.ConfigMap) {
	owner := &corev1.ConfigMap{ObjectMeta: p.meta("")}
	owner.GenerateName = "owner-"
	p.create(owner)
	object.OwnerReferences = []metav1.OwnerReference{controllerReference(owner)}
}

func setProtected(value string) func(made, _ *corev1.ConfigMap) {
	return func(made, _ *corev1.ConfigMap) {
		metav1.SetMetaDataLabel(&made.ObjectMeta, v1alpha1.LabelProtected, value)
	}
}

// changingRequests are those that change or delete a protected object.
var changingRequests = map[string]protectionRequest{
	"a change":                          {refused: refusedChange, send: sendPatch(mergePatch(`{"data":{"key":"x"}}`))},
	"a change by an update":             {refused: refusedChange, send: sendUpdate(func(o *corev1.ConfigMap) { o.Data = nil })},
	"a change by apply":                 {refused: refusedChange, send: sendApply(func(o *corev1apply.ConfigMapApplyConfiguration) { o.WithData(map[string]string{"key": "x"}) })},
	"an annotation":                     {refused: refusedChange, send: sendPatch(mergePatch(`{"metadata":{"annotations":{"a":"b"}}}`))},
	"another label":                     {refused: refusedChange, send: sendPatch(mergePatch(`{"metadata":{"labels":{"a":"b"}}}`))},
	"a finalizer":                       {refused: refusedChange, send: sendPatch(mergePatch(`{"metadata":{"finalizers":["example.org/a"]}}`))},
	"no label":                          {refused: refusedChange, send: sendPatch(mergePatch(`{"metadata":{"labels":{"seedbed.dev/protected":null}}}`))},
	"no label, by a JSON patch":         {refused: refusedChange, send: sendPatch(jsonPatch(`{"op":"remove","path":"/metadata/labels/seedbed.dev~1protected"}`))},
	"no labels at all, by a JSON patch": {refused: refusedChange, send: sendPatch(jsonPatch(`{"op":"remove","path":"/metadata/labels"}`))},
	"no labels at all, by an update":    {refused: refusedChange, send: sendUpdate(func(o *corev1.ConfigMap) { o.Labels = nil })},
	"no label and a change at once":     {refused: refusedChange, send: sendUpdate(func(o *corev1.ConfigMap) { o.Labels, o.Data = nil, nil })},
	"an owner": {refused: refusedChange, send: sendUpdate(func(o *corev1.ConfigMap) {
		o.OwnerReferences = []metav1.OwnerReference{controllerReference(o)}
	})},
	"a deletion":                 {refused: refusedChange, send: sendDelete},
	"a deletion of a collection": {refused: refusedChange, send: sendDeleteCollection},
}

// markingRequests are those that bring an object under protection.
var markingRequests = map[string]protectionRequest{
	"a create with the label": {prepare: unprotect, refused: refusedMark + "remove the label from ConfigMap", send: sendCreate(setProtected("web"))},
	"a create with the label, by apply": {prepare: unprotect, refused: refusedMark, send: func(ctx context.Context, c client.Client, object *corev1.ConfigMap) error {
		wanted := corev1apply.ConfigMap(object.Name+"-applied", object.Namespace).WithLabels(map[string]string{v1alpha1.LabelProtected: "web"})
		return c.Apply(ctx, wanted, client.FieldOwner("test"))
	}},
	"the label on an object of one's own": {prepare: unprotect, refused: refusedMark, send: sendPatch(mergePatch(`{"metadata":{"labels":{"seedbed.dev/protected":"web"}}}`))},
	"the label by apply": {prepare: unprotect, refused: refusedMark, send: sendApply(func(o *corev1apply.ConfigMapApplyConfiguration) {
		o.WithLabels(map[string]string{v1alpha1.LabelProtected: "web"})
	})},
	"another value":       {refused: refusedMark + "leave the label as it is on ConfigMap", send: sendPatch(mergePatch(`{"metadata":{"labels":{"seedbed.dev/protected":"logging"}}}`))},
	"an empty value":      {refused: refusedMark, send: sendPatch(mergePatch(`{"metadata":{"labels":{"seedbed.dev/protected":""}}}`))},
	"taking an owner off": {prepare: own, refused: refusedMark, send: sendPatch(mergePatch(`{"metadata":{"ownerReferences":null}}`))},
}

// otherRequests are those that the protection has no part in.
var otherRequests = map[string]protectionRequest{
	"a create without the label": {send: sendCreate(func(_, _ *corev1.ConfigMap) {})},
	"a change of another object": {prepare: unprotect, send: sendPatch(mergePatch(`{"data":{"key":"x"}}`))},
	"a deletion of another":      {prepare: unprotect, send: sendDelete},
	"a create with an owner": {prepare: unprotect, send: sendCreate(func(made, prepared *corev1.ConfigMap) {
		setProtected("web")(made, nil)
		made.OwnerReferences = []metav1.OwnerReference{controllerReference(prepared)}
	})},
	"a change of an owned object":   {prepare: own, send: sendPatch(mergePatch(`{"data":{"key":"x"}}`))},
	"a deletion of an owned object": {prepare: own, send: sendDelete},
	"the label off an owned object": {prepare: own, send: sendPatch(mergePatch(`{"metadata":{"labels":{"seedbed.dev/protected":null}}}`))},
}

// Each request by each kind of user, on an object of its own.
func TestProtectionRefusesTenants(t *testing.T) {
	p := newProtection(t)
	users := p.newProtectionUsers()
	for group, requests := range map[string]map[string]protectionRequest{"changing": changingRequests, "marking": markingRequests, "other": otherRequests} {
		for name, request := range requests {
			t.Run(group+"/"+name, func(t *testing.T) {
				p := p.withTest(t)
				for _, user := range users {
					isAllowed := user.isExempt || request.refused == "" || user.isAdministrator && group == "changing"
					p.requireVerdict(user, request, isAllowed)
				}
			})
		}
	}
}

// requireVerdict fails the test unless the request of the user is allowed, or refused with its text.
func (p *protection) requireVerdict(user protectionUser, request protectionRequest, isAllowed bool) {
	p.t.Helper()
	object := &corev1.ConfigMap{ObjectMeta: p.protectedMeta(""), Data: map[string]string{"key": "value"}}
	object.GenerateName, object.Labels["case"] = "case-", rand.String(8)
	if request.prepare != nil {
		request.prepare(p, object)
	}
	p.create(object)
	before := object.DeepCopy()
	err := request.send(p.ctx(), user.client, object)
	switch {
	case isAllowed && err != nil:
		p.t.Errorf("%s: %v", user.name, err)
	case isAllowed:
	case err == nil:
		p.t.Errorf("%s: it was allowed", user.name)
	default:
		p.requireContains(err.Error(), byProtection, request.refused)
		p.requireUnchanged(before)
	}
}

// requireUnchanged fails the test unless an object is as it was.
func (p *protection) requireUnchanged(before *corev1.ConfigMap) {
	p.t.Helper()
	now := &corev1.ConfigMap{}
	if err := p.Client.Get(p.ctx(), client.ObjectKeyFromObject(before), now); err != nil {
		p.t.Error(err)
		return
	}
	if now.ResourceVersion != before.ResourceVersion {
		p.t.Errorf("%s was changed: %v", before.Name, now)
	}
}

// A label that names no Baseline which denies drift protects nothing, whatever its form, and who set it does not matter.
func TestLabelWithoutDenyingBaselineProtectsNothing(t *testing.T) {
	p := newProtection(t)
	correcting := newDenyingBaseline("correcting")
	correcting.Spec.Drift = v1alpha1.DriftCorrect
	p.createObjects(correcting)
	for _, value := range []string{"", "no-such", "Not_A.Name", "none", "correcting"} {
		t.Run(value, func(t *testing.T) {
			p := p.withTest(t)
			object := &corev1.ConfigMap{ObjectMeta: p.protectedMeta("")}
			object.GenerateName, object.Labels[v1alpha1.LabelProtected] = "labelled-", value
			p.requireAllowed(p.tenant.Create(p.ctx(), object), "a create")
			p.requireAllowed(p.tenant.Patch(p.ctx(), object, mergePatch(`{"data":{"key":"x"}}`)), "an update")
			p.requireRefused(p.tenant.Patch(p.ctx(), object.DeepCopy(), mergePatch(`{"metadata":{"labels":{"seedbed.dev/protected":"web"}}}`)), byProtection, refusedMark)
			p.requireAllowed(p.tenant.Delete(p.ctx(), object), "a deletion")
		})
	}
}

// The protection ends and begins with what the Baseline asks for, without a write of the object, and ends with the Baseline.
func TestProtectionEndsWithItsBaseline(t *testing.T) {
	p := newProtection(t)
	object := &corev1.ConfigMap{ObjectMeta: p.protectedMeta("settings")}
	p.create(object)
	remove := func(ctx context.Context) error { return p.tenant.Delete(ctx, object.DeepCopy(), client.DryRunAll) }
	isRefused := func(ctx context.Context) error {
		if err := remove(ctx); err == nil {
			return errors.New("a deletion is not refused")
		}
		return nil
	}
	p.eventually(isRefused)
	p.updateObject(p.baseline, func() { p.baseline.Spec.Drift = v1alpha1.DriftIgnore })
	p.eventually(remove)
	p.updateObject(p.baseline, func() { p.baseline.Spec.Drift = v1alpha1.DriftDeny })
	p.eventually(isRefused)
	p.deleteObjects(p.baseline)
	p.eventually(remove)
}
