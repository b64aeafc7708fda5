//go:build e2e

package e2e

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// testNoSecretAccess tries every path to another namespace's Secret that Seedbed could open: the Secret and the stored copy, the
// annotation, the kinds of seedbed.dev, and Seedbed's own identity.
func testNoSecretAccess(t *testing.T, e *env) {
	a, ctx := e.newAttacker(t, "thief", []string{baseline}), e.newContext(t)
	for _, namespace := range []string{e.runName(vault), e.namespace} {
		for _, verb := range []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"} {
			a.requireDenied(ctx, t, namespace, policyRule(verb, "", "secrets"))
		}
		a.requireDenied(ctx, t, namespace, policyRule("get", "", "pods/log"), policyRule("create", "", "pods/exec"), policyRule("get", "", "services/proxy"),
			policyRule("create", "", "serviceaccounts/token"), policyRule("impersonate", "", "serviceaccounts"), policyRule("get", v1alpha1.GroupName, "baselinerestores"))
	}
	requireForbidden(t, map[string]func() error{
		"get": func() error {
			return a.Get(ctx, client.ObjectKey{Namespace: e.runName(vault), Name: "crown"}, &corev1.Secret{})
		},
		"list":                                  func() error { return a.List(ctx, &corev1.SecretList{}) },
		"the store":                             func() error { return a.List(ctx, &corev1.SecretList{}, client.InNamespace(e.namespace)) },
		"annotation":                            func() error { return a.Create(ctx, e.newAskingNamespace("stolen", vault)) },
		"annotation, by dry run":                func() error { return a.Create(ctx, e.newAskingNamespace("stolen", vault), client.DryRunAll) },
		"annotation beside one that is allowed": func() error { return a.Create(ctx, e.newAskingNamespace("stolen", baseline+","+vault)) },
		"annotation of a generated name": func() error {
			namespace := e.newAskingNamespace("", vault)
			namespace.Name, namespace.GenerateName = "", e.runName("stolen-")
			return a.Create(ctx, namespace)
		},
		"annotation of the own namespace": func() error {
			patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.AnnotationBaseline, vault)
			return a.Patch(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: a.home}}, client.RawPatch("application/merge-patch+json", patch))
		},
	})
	requireForbidden(t, a.disclosureAttempts(ctx, e))
	granted := e.newAttacker(t, "granted-thief", nil, policyRule("create", v1alpha1.GroupName, "baselinebackups"),
		policyRule("create", v1alpha1.GroupName, "baselines"), policyRule("create", v1alpha1.GroupName, "baselinerestores"))
	requireForbidden(t, granted.disclosureAttempts(ctx, e)) // admission refuses the kinds even where RBAC allows them
	e.requireSecretHidden(t, a)
}

// disclosureAttempts returns the requests that would make Seedbed restore or show another namespace's content.
func (a *attacker) disclosureAttempts(ctx context.Context, e *env) map[string]func() error {
	named := metav1.ObjectMeta{Namespace: a.home, Name: "stolen"}
	selected := func(resources ...string) client.Object {
		return &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: "stolen"}, Spec: v1alpha1.BaselineBackupSpec{
			IncludedNamespaces: []string{e.runName(vault)}, IncludedResources: resources,
		}}
	}
	return map[string]func() error{
		"backup":            func() error { return a.Create(ctx, selected()) },
		"backup of Secrets": func() error { return a.Create(ctx, selected("secrets")) },
		"backup of the store": func() error {
			return a.Create(ctx, &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: "stolen"}, Spec: v1alpha1.BaselineBackupSpec{
				IncludedNamespaces: []string{e.namespace}, IncludedResources: []string{"secrets"},
			}})
		},
		"baseline": func() error {
			return a.Create(ctx, &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "stolen"}, Spec: v1alpha1.BaselineSpec{Backup: vault}})
		},
		"restore of the backup": func() error {
			return a.Create(ctx, &v1alpha1.BaselineRestore{ObjectMeta: named, Spec: v1alpha1.BaselineRestoreSpec{Backup: vault}})
		},
	}
}

// requireSecretHidden searches Seedbed's errors, kinds, events and log for the Secret's value.
func (e *env) requireSecretHidden(t *testing.T, a *attacker) {
	t.Helper()
	ctx := e.newContext(t)
	err := a.Create(ctx, e.newAskingNamespace("near", vault+"x"))
	if err == nil || strings.Contains(err.Error(), `"`+vault+`"`) {
		t.Errorf("a name that is nearly another's: %v; want a refusal without the other's name", err)
	}
	said := map[string]any{}
	for kind, list := range map[string]client.ObjectList{
		"backups": &v1alpha1.BaselineBackupList{}, "baselines": &v1alpha1.BaselineList{}, "records": &v1alpha1.BaselineRecordList{}, "restores": &v1alpha1.BaselineRestoreList{}, "events": &corev1.EventList{},
	} {
		if err := e.List(ctx, list); err != nil {
			t.Fatal(err)
		}
		said[kind] = list
	}
	pods, err := e.listPods(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, pod := range pods {
		log, err := e.core.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, &corev1.PodLogOptions{}).DoRaw(ctx)
		if err != nil {
			t.Fatal(err)
		}
		said["log of "+pod.Name] = string(log)
	}
	for where, text := range said {
		for _, value := range []string{crownValue, base64.StdEncoding.EncodeToString([]byte(crownValue))} {
			if strings.Contains(asYAML(text), value) {
				t.Errorf("%s contain the Secret's value", where)
			}
		}
	}
}
