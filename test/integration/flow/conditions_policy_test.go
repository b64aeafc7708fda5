package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	corev1apply "k8s.io/client-go/applyconfigurations/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/authorization"
)

// byConditionsPolicy is the API server's prefix of a refusal by the policy of conditions.
const byConditionsPolicy = "ValidatingAdmissionPolicy '" + authorization.PolicyConditions + "'"

// conditionsOwner is the field manager of the conditions that TestConditionsAreProtected changes.
const conditionsOwner = client.FieldOwner("conditions")

// A user with every permission in one namespace may write its status, but only Seedbed may write the conditions that the
// gate reads. Operators of the cluster open it as `seedbed gate open` does, and controllers report that.
func TestConditionsAreProtected(t *testing.T) {
	e := sharedInstallation(t)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("bar")}}
	e.createObjects(namespace)
	// The controller leaves it: no baseline is for the namespace.
	ready := newCondition(v1alpha1.ConditionBaselineReady, corev1.ConditionTrue, v1alpha1.ReasonNoBaseline)
	ready.Message = "no baseline is for this namespace any more: what was restored stays, and nothing restores it again"
	other := newCondition("ExampleReady", corev1.ConditionTrue, "Example")
	guarded := func(status corev1.ConditionStatus, reason string) corev1.NamespaceCondition {
		return newCondition(v1alpha1.ConditionBaselineGuarded, status, reason)
	}
	before := []corev1.NamespaceCondition{ready, other}
	if err := applyConditions(e.ctx(), e.asSeedbed(), namespace.Name, before); err != nil {
		t.Fatal(err)
	}
	users := map[string]client.Client{
		"owner": e.newNamespaceOwner(namespace.Name), "operator": e.newUser("operator", newRule("get", "", "namespaces"), newRule("patch,update", "", "namespaces/status")),
		"Seedbed": e.asSeedbed(),
	}
	for title, test := range map[string]struct {
		after []corev1.NamespaceCondition
		// allowed lists the writers that may, besides Seedbed.
		allowed []string
	}{
		"opens the gate":                    {after: append(before[:2:2], guarded(corev1.ConditionTrue, v1alpha1.ReasonGateOpened)), allowed: []string{"operator"}},
		"pretends that guards are restored": {after: append(before[:2:2], guarded(corev1.ConditionTrue, v1alpha1.ReasonGuardsRestored))},
		"opens the gate without a reason":   {after: append(before[:2:2], guarded(corev1.ConditionTrue, ""))},
		"denies that guards are restored":   {after: append(before[:2:2], guarded(corev1.ConditionFalse, v1alpha1.ReasonGateOpened))},
		"changes the status":                {after: []corev1.NamespaceCondition{newCondition(ready.Type, corev1.ConditionFalse, ready.Reason), other}},
		"changes the reason":                {after: []corev1.NamespaceCondition{newCondition(ready.Type, ready.Status, "Other"), other}},
		"removes it":                        {after: []corev1.NamespaceCondition{other}, allowed: []string{"operator"}},
		"removes all":                       {allowed: []string{"operator"}},
		"removes another's":                 {after: []corev1.NamespaceCondition{ready}, allowed: []string{"operator", "owner"}},
		"changes another's":                 {after: []corev1.NamespaceCondition{ready, newCondition(other.Type, corev1.ConditionFalse, "Example")}, allowed: []string{"operator", "owner"}},
		"adds another":                      {after: append(before[:2:2], newCondition("ExampleMore", corev1.ConditionTrue, "")), allowed: []string{"operator", "owner"}},
		"changes nothing":                   {after: before, allowed: []string{"operator", "owner"}},
		"changes the order":                 {after: []corev1.NamespaceCondition{other, ready}, allowed: []string{"operator", "owner"}},
	} {
		for way, write := range conditionWriters {
			for name, user := range users {
				t.Run(title+" by "+way+" as "+name, func(t *testing.T) {
					e := newEnv(t, e.Installation)
					if err := e.Client.Get(e.ctx(), client.ObjectKeyFromObject(namespace), namespace); err != nil {
						t.Fatal(err)
					}
					err := write(e.ctx(), user, namespace.DeepCopy(), test.after)
					if name == "Seedbed" || slices.Contains(test.allowed, name) {
						if err != nil {
							t.Error(err)
						}
						return
					}
					e.requireRefused(err, byConditionsPolicy, "only Seedbed writes BaselineReady and BaselineGuarded", "seedbed gate open")
				})
			}
		}
	}
}

// The other paths to a namespace do not change its status, and are not reviewed for it.
func TestConditionsAreNotWrittenOnOtherPaths(t *testing.T) {
	e := sharedInstallation(t)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("bar")}}
	forged := newCondition(v1alpha1.ConditionBaselineGuarded, corev1.ConditionTrue, v1alpha1.ReasonGuardsRestored)
	namespace.Status.Conditions = []corev1.NamespaceCondition{forged}
	e.createObjects(namespace)
	owner := e.newNamespaceOwner(namespace.Name)
	for path, write := range map[string]func(*corev1.Namespace) error{
		"create":   func(created *corev1.Namespace) error { *created = *namespace; return nil },
		"update":   func(updated *corev1.Namespace) error { return owner.Update(e.ctx(), updated) },
		"finalize": func(updated *corev1.Namespace) error { return owner.SubResource("finalize").Update(e.ctx(), updated) },
	} {
		t.Run(path, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			written := &corev1.Namespace{}
			if err := e.Client.Get(e.ctx(), client.ObjectKeyFromObject(namespace), written); err != nil {
				t.Fatal(err)
			}
			written.Status.Conditions = []corev1.NamespaceCondition{forged}
			if err := write(written); err != nil {
				t.Fatal(err)
			}
			if len(written.Status.Conditions) > 0 {
				t.Errorf("it has the conditions %v", written.Status.Conditions)
			}
		})
	}
}

func newCondition(kind corev1.NamespaceConditionType, status corev1.ConditionStatus, reason string) corev1.NamespaceCondition {
	return corev1.NamespaceCondition{
		Type: kind, Status: status, Reason: reason, LastTransitionTime: metav1.NewTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)),
	}
}

// newNamespaceOwner returns a client of a user with every permission in one namespace, and none elsewhere.
func (e *env) newNamespaceOwner(namespace string) client.Client {
	e.t.Helper()
	owner := e.newUser("owner")
	meta := metav1.ObjectMeta{Namespace: namespace, Name: "everything"}
	e.createObjects(
		&rbacv1.Role{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{newRule("*", "*", "*")}},
		&rbacv1.RoleBinding{
			ObjectMeta: meta, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: meta.Name},
			Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: e.uniqueName("owner")}},
		})
	e.eventually(func(ctx context.Context) error {
		return owner.Get(ctx, client.ObjectKey{Name: namespace}, &corev1.Namespace{})
	})
	return owner
}

// conditionWriters replace the conditions of a namespace, by dry run.
var conditionWriters = map[string]func(context.Context, client.Client, *corev1.Namespace, []corev1.NamespaceCondition) error{
	"update": func(ctx context.Context, as client.Client, namespace *corev1.Namespace, after []corev1.NamespaceCondition) error {
		namespace.Status.Conditions = after
		return as.Status().Update(ctx, namespace, client.DryRunAll)
	},
	"merge patch": func(ctx context.Context, as client.Client, namespace *corev1.Namespace, after []corev1.NamespaceCondition) error {
		patch, err := json.Marshal(map[string]any{"status": map[string]any{"conditions": after}})
		if err != nil {
			return err
		}
		return as.Status().Patch(ctx, namespace, client.RawPatch(types.MergePatchType, patch), client.DryRunAll)
	},
	"strategic merge patch": func(ctx context.Context, as client.Client, namespace *corev1.Namespace, after []corev1.NamespaceCondition) error {
		before := namespace.DeepCopy()
		namespace.Status.Conditions = after
		return as.Status().Patch(ctx, namespace, client.StrategicMergeFrom(before), client.DryRunAll)
	},
	"JSON patch": func(ctx context.Context, as client.Client, namespace *corev1.Namespace, after []corev1.NamespaceCondition) error {
		patch, err := json.Marshal([]map[string]any{{"op": "add", "path": "/status/conditions", "value": after}})
		if err != nil {
			return err
		}
		return as.Status().Patch(ctx, namespace, client.RawPatch(types.JSONPatchType, patch), client.DryRunAll)
	},
	"apply": func(ctx context.Context, as client.Client, namespace *corev1.Namespace, after []corev1.NamespaceCondition) error {
		return applyConditions(ctx, as, namespace.Name, after, client.DryRunAll)
	},
}

// applyConditions sets the conditions of conditionsOwner to these.
func applyConditions(ctx context.Context, as client.Client, namespace string, conditions []corev1.NamespaceCondition, options ...client.SubResourceApplyOption) error {
	applied := corev1apply.Namespace(namespace).WithStatus(corev1apply.NamespaceStatus())
	for _, condition := range conditions {
		applied.Status.WithConditions(corev1apply.NamespaceCondition().WithType(condition.Type).WithStatus(condition.Status).
			WithReason(condition.Reason).WithMessage(condition.Message).WithLastTransitionTime(condition.LastTransitionTime))
	}
	if err := as.Status().Apply(ctx, applied, append(options, conditionsOwner, client.ForceOwnership)...); err != nil {
		return fmt.Errorf("applying the conditions of namespace %s: %w", namespace, err)
	}
	return nil
}
