package flow

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	corev1apply "k8s.io/client-go/applyconfigurations/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
)

// onNamespaces is every verb on namespaces, and no permission on Seedbed's kinds.
var onNamespaces = []rbacv1.PolicyRule{
	newRule("create,get,list,update,patch,delete", "", "namespaces"), newRule("get,update,patch", "", "namespaces/status"), newRule("update", "", "namespaces/finalize"),
}

// annotationPath is one path by which a namespace gets an annotation.
type annotationPath struct {
	name string
	// creates reports whether the path creates the namespace with the annotation.
	creates bool
	// open gets a namespace that exists, and an unused name.
	open func(as client.Client, existing *corev1.Namespace, unused, key, value string) error
}

func (e *env) listAnnotationPaths() []annotationPath {
	patch := func(kind types.PatchType, status bool) func(client.Client, *corev1.Namespace, string, string, string) error {
		return func(as client.Client, existing *corev1.Namespace, _, key, value string) error {
			content, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]string{key: value}}})
			if kind == types.JSONPatchType {
				content, err = json.Marshal([]map[string]any{{"op": "add", "path": "/metadata/annotations", "value": map[string]string{key: value}}})
			}
			if err != nil {
				return err
			}
			if status {
				return as.Status().Patch(e.ctx(), existing, client.RawPatch(kind, content))
			}
			return as.Patch(e.ctx(), existing, client.RawPatch(kind, content))
		}
	}
	annotated := func(namespace *corev1.Namespace, key, value string) *corev1.Namespace {
		metav1.SetMetaDataAnnotation(&namespace.ObjectMeta, key, value)
		return namespace
	}
	apply := func(as client.Client, name, key, value string) error {
		return as.Apply(e.ctx(), corev1apply.Namespace(name).WithAnnotations(map[string]string{key: value}), client.FieldOwner("door"), client.ForceOwnership)
	}
	return []annotationPath{
		{"create", true, func(as client.Client, _ *corev1.Namespace, unused, key, value string) error {
			return as.Create(e.ctx(), annotated(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: unused}}, key, value))
		}},
		{"create with generateName", true, func(as client.Client, _ *corev1.Namespace, unused, key, value string) error {
			return as.Create(e.ctx(), annotated(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: unused}}, key, value))
		}},
		{"create by apply", true, func(as client.Client, _ *corev1.Namespace, unused, key, value string) error {
			return apply(as, unused, key, value)
		}},
		{"update", false, func(as client.Client, existing *corev1.Namespace, _, key, value string) error {
			return as.Update(e.ctx(), annotated(existing, key, value))
		}},
		{"merge patch", false, patch(types.MergePatchType, false)},
		{"JSON patch", false, patch(types.JSONPatchType, false)},
		{"strategic merge patch", false, patch(types.StrategicMergePatchType, false)},
		{"apply", false, func(as client.Client, existing *corev1.Namespace, _, key, value string) error {
			return apply(as, existing.Name, key, value)
		}},
		{"update of status", false, func(as client.Client, existing *corev1.Namespace, _, key, value string) error {
			return as.Status().Update(e.ctx(), annotated(existing, key, value))
		}},
		{"merge patch of status", false, patch(types.MergePatchType, true)},
		{"JSON patch of status", false, patch(types.JSONPatchType, true)},
		{"update of finalize", false, func(as client.Client, existing *corev1.Namespace, _, key, value string) error {
			return as.SubResource("finalize").Update(e.ctx(), annotated(existing, key, value))
		}},
	}
}

// tryPath tries a path on a namespace of its own.
func (e *env) tryPath(path annotationPath, as client.Client, key, value string) error {
	another := e.withOwnNames()
	existing := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: another.uniqueName("existing")}}
	another.createObjects(existing)
	return path.open(as, existing, another.uniqueName("unused"), key, value)
}

func TestAnnotationIsReviewedOnEveryPath(t *testing.T) {
	e := sharedInstallation(t)
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a"))).Name, nil)
	alice := e.newUser("alice", append(slices.Clone(onNamespaces), newRule(v1alpha1.VerbUse, v1alpha1.GroupName, "baselines", baseline.Name))...)
	bob := e.newUser("bob", onNamespaces...)
	for _, d := range e.listAnnotationPaths() {
		t.Run(d.name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			e.requireRefused(e.tryPath(d, bob, v1alpha1.AnnotationBaseline, baseline.Name), byPolicy, fmt.Sprintf("baseline %q does not exist, or you may not use it", baseline.Name), "seedbed baseline get --mine")
			for who, as := range map[string]client.Client{"alice": alice, "bob": bob} {
				err := e.tryPath(d, as, v1alpha1.AnnotationNotAuthorized, "x")
				if !d.creates {
					e.requireRefused(err, byPolicy, "Seedbed's own")
				} else if err != nil { // as a backup restores it; it authorizes nothing
					t.Errorf("a new namespace of %s with a mark: %v", who, err)
				}
			}
			if err := e.tryPath(d, alice, v1alpha1.AnnotationBaseline, baseline.Name); err != nil {
				t.Errorf("by somebody who may: %v", err)
			}
			if err := e.tryPath(d, bob, v1alpha1.AnnotationBaseline, v1alpha1.NoBaseline); err != nil {
				t.Errorf("opting out: %v", err)
			}
		})
	}
}

// A namespace that was not authorized is restored from a backup, with its mark: that does not authorize it.
func TestRestoredMarkAuthorizesNothing(t *testing.T) {
	e := sharedInstallation(t)
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a")), "configmaps").Name, nil)
	target := annotatedNamespace(e.uniqueName("target"), baseline.Name)
	target.Annotations[v1alpha1.AnnotationNotAuthorized] = policy.AnnotationDigest(target)
	e.createObjects(target)
	e.awaitReady(target.Name, corev1.ConditionFalse, v1alpha1.ReasonNotAuthorized)
	e.requireNoConfigMap("a", target.Name)
}

// Every change of a field that the digest of a mark covers is reviewed, unless the namespace then requests nothing.
func TestEveryChangeOfRequestIsReviewed(t *testing.T) {
	e := sharedInstallation(t)
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a"))).Name, nil)
	bob := e.newUser("bob", onNamespaces...)
	type values = map[string]string
	const asks, again, mark = v1alpha1.AnnotationBaseline, v1alpha1.AnnotationAsked, v1alpha1.AnnotationNotAuthorized
	for name, test := range map[string]struct {
		before     values
		key, value string
		refused    bool
	}{
		"asks":                                {key: asks, value: baseline.Name, refused: true},
		"asks for the same in other words":    {before: values{asks: baseline.Name}, key: asks, value: " " + baseline.Name, refused: true},
		"asks for what is not there":          {key: asks, value: "no-such", refused: true},
		"asks again":                          {before: values{asks: baseline.Name}, key: again, value: "today", refused: true},
		"asks once more":                      {before: values{asks: baseline.Name, again: "today"}, key: again, value: "tomorrow", refused: true},
		"does not ask again any more":         {before: values{asks: baseline.Name, again: "today"}, key: again, refused: true},
		"asks again for nothing":              {key: again, value: "today"},
		"asks again where it opted out":       {before: values{asks: "none"}, key: again, value: "today"},
		"opts out":                            {before: values{asks: baseline.Name}, key: asks, value: "none"},
		"opts out with spaces":                {before: values{asks: baseline.Name}, key: asks, value: " none\n"},
		"does not ask any more":               {before: values{asks: baseline.Name}, key: asks},
		"changes something else":              {before: values{asks: baseline.Name}, key: "example.org/a", value: "b"},
		"marks":                               {key: mark, value: "x", refused: true},
		"marks what asks for nothing":         {before: values{asks: "none"}, key: mark, value: "x", refused: true},
		"is malformed, though it asks for it": {key: asks, value: "Web", refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			e.createObjects(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("target"), Annotations: test.before}})
			err := e.setAnnotation(bob, e.uniqueName("target"), test.key, test.value)
			if test.refused {
				e.requireRefused(err, byPolicy)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTerminatingNamespaceIsNotHeld(t *testing.T) {
	e := sharedInstallation(t)
	bob := e.newUser("bob", onNamespaces...)
	name := e.uniqueName("going")
	e.createObjects(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}},
		&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "held", Finalizers: []string{"example.org/hold"}}})
	e.deleteObjects(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	if err := e.setAnnotation(bob, name, v1alpha1.AnnotationBaseline, "no-such"); err != nil {
		t.Errorf("a namespace that is being deleted: %v", err)
	}
	held := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "held"}}
	e.updateObject(held, func() { held.Finalizers = nil })
	e.awaitGone(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
}

// The policy in CEL and policy.ParseAnnotation parse alike. No controller runs, so that no webhook answers for it.
func TestPolicyParsesAnnotationAsGo(t *testing.T) {
	e := newInstallation(t)
	e.awaitPolicies()
	var names []string
	for i := range 17 {
		names = append(names, fmt.Sprintf("%s%02d", strings.Repeat("x", 61), i))
	}
	alice := e.newUser("alice", append(slices.Clone(onNamespaces), newRule(v1alpha1.VerbUse, v1alpha1.GroupName, "baselines"))...)
	values := []string{
		"web", "web,logging,alpha", "  web ,\tlogging\n", "0-web.v1", "none", " none\n", "\tnone", "nonesuch", "a", strings.Repeat("a", 63), strings.Repeat("a", 64),
		strings.Join(names[:15], ","), strings.Join(names[:16], ","), strings.Join(names, ","), strings.Join(names[:16], " ,\n"), strings.Join(names[:16], ",") + ",",
		"", " ", "\n", "web,", ",web", ",", ",,", "web,,api", "none,web", "web, none", "none,none", "web,logging,web", "web,web ", "Web", "None", "web;logging", "web logging",
		"web-", "-web", "../web", "web..api", "web.-api", "web.", "web\nlogging", "web\n,logging", "\u00a0web\u2003", "\ufeffweb", "\u0085web", "\x1cweb", "\u200bweb", "wéb", "web\u2028", "1", "1.2.3",
		strings.Repeat("a,", 60000), strings.Repeat("a", 120000), strings.Repeat(",", 60000), strings.Repeat(" ", 60000) + "web",
	}
	for _, value := range values {
		t.Run(fmt.Sprintf("%.40q", value), func(t *testing.T) {
			_, _, wrong := policy.ParseAnnotation(value)
			err := alice.Create(e.ctx(), annotatedNamespace(e.uniqueName("values"), value), client.DryRunAll)
			if (err != nil) != (wrong != nil) {
				t.Errorf("the API server says %v, Go %v", err, wrong)
			}
			if err != nil && (!strings.Contains(err.Error(), byPolicy) || !strings.Contains(err.Error(), "annotation seedbed.dev/baseline: ") || strings.Contains(err.Error(), "resulted in error")) {
				t.Errorf("it is refused otherwise: %.1000s", err)
			}
			if err != nil && len(err.Error()) > 1024 {
				t.Errorf("it is refused at length: %.2000s", err)
			}
		})
	}
	bob := e.newUser("bob", append(slices.Clone(onNamespaces), newRule(v1alpha1.VerbUse, v1alpha1.GroupName, "baselines", names[:15]...))...)
	err := bob.Create(e.ctx(), annotatedNamespace(e.uniqueName("values"), strings.Join(names[:16], ",")), client.DryRunAll)
	e.requireRefused(err, byPolicy, fmt.Sprintf("baseline %q does not exist, or you may not use it", names[15]))
	err = bob.Create(e.ctx(), annotatedNamespace(e.uniqueName("values"), strings.Join(names[:15], ",")), client.DryRunAll)
	if err != nil {
		t.Errorf("the fifteen that he may use: %v", err)
	}
}
