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

// readsNoSecrets goes after another namespace's Secret by every way that Seedbed could open: the Secret and the store that
// holds a copy, the annotation, the kinds of seedbed.dev, and Seedbed's own identity.
func readsNoSecrets(t *testing.T, w *world) {
	a, ctx := w.attacker(t, "thief", []string{baseline}), w.context(t)
	for _, namespace := range []string{w.name(vault), w.namespace} {
		for _, verb := range []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"} {
			a.mayNot(ctx, t, namespace, may(verb, "", "secrets"))
		}
		a.mayNot(ctx, t, namespace, may("get", "", "pods/log"), may("create", "", "pods/exec"), may("get", "", "services/proxy"),
			may("create", "", "serviceaccounts/token"), may("impersonate", "", "serviceaccounts"), may("get", v1alpha1.GroupName, "baselinerestores"))
	}
	refuses(t, map[string]func() error{
		"get": func() error {
			return a.Get(ctx, client.ObjectKey{Namespace: w.name(vault), Name: "crown"}, &corev1.Secret{})
		},
		"list":                                  func() error { return a.List(ctx, &corev1.SecretList{}) },
		"the store":                             func() error { return a.List(ctx, &corev1.SecretList{}, client.InNamespace(w.namespace)) },
		"annotation":                            func() error { return a.Create(ctx, w.asking("stolen", vault)) },
		"annotation, by dry run":                func() error { return a.Create(ctx, w.asking("stolen", vault), client.DryRunAll) },
		"annotation beside one that is allowed": func() error { return a.Create(ctx, w.asking("stolen", baseline+","+vault)) },
		"annotation of a generated name": func() error {
			namespace := w.asking("", vault)
			namespace.Name, namespace.GenerateName = "", w.name("stolen-")
			return a.Create(ctx, namespace)
		},
		"annotation of the own namespace": func() error {
			patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.AnnotationBaseline, vault)
			return a.Patch(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: a.home}}, client.RawPatch("application/merge-patch+json", patch))
		},
	})
	refuses(t, a.handsOut(ctx, w))
	granted := w.attacker(t, "granted-thief", nil, may("create", v1alpha1.GroupName, "baselinebackups"),
		may("create", v1alpha1.GroupName, "baselines"), may("create", v1alpha1.GroupName, "baselinerestores"))
	refuses(t, granted.handsOut(ctx, w)) // where RBAC lets the kinds be made, admission does not
	w.keptSecret(t, a)
}

// handsOut are the ways to have Seedbed hand out another namespace's content.
func (a *attacker) handsOut(ctx context.Context, w *world) map[string]func() error {
	named := metav1.ObjectMeta{Namespace: a.home, Name: "stolen"}
	selected := func(resources ...string) client.Object {
		return &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: "stolen"}, Spec: v1alpha1.BaselineBackupSpec{
			IncludedNamespaces: []string{w.name(vault)}, IncludedResources: resources,
		}}
	}
	return map[string]func() error{
		"backup":            func() error { return a.Create(ctx, selected()) },
		"backup of Secrets": func() error { return a.Create(ctx, selected("secrets")) },
		"backup of the store": func() error {
			return a.Create(ctx, &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: "stolen"}, Spec: v1alpha1.BaselineBackupSpec{
				IncludedNamespaces: []string{w.namespace}, IncludedResources: []string{"secrets"},
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

// keptSecret looks for the Secret's value in what Seedbed says: its answers, its kinds, its events and its log.
func (w *world) keptSecret(t *testing.T, a *attacker) {
	t.Helper()
	ctx := w.context(t)
	err := a.Create(ctx, w.asking("near", vault+"x"))
	if err == nil || strings.Contains(err.Error(), `"`+vault+`"`) {
		t.Errorf("a name that is nearly another's: %v; want a refusal that does not tell the other's name", err)
	}
	said := map[string]any{}
	for kind, list := range map[string]client.ObjectList{
		"backups": &v1alpha1.BaselineBackupList{}, "baselines": &v1alpha1.BaselineList{}, "records": &v1alpha1.BaselineRecordList{}, "restores": &v1alpha1.BaselineRestoreList{}, "events": &corev1.EventList{},
	} {
		if err := w.List(ctx, list); err != nil {
			t.Fatal(err)
		}
		said[kind] = list
	}
	pods, err := w.pods(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, pod := range pods {
		log, err := w.core.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, &corev1.PodLogOptions{}).DoRaw(ctx)
		if err != nil {
			t.Fatal(err)
		}
		said["log of "+pod.Name] = string(log)
	}
	for where, text := range said {
		for _, value := range []string{crownValue, base64.StdEncoding.EncodeToString([]byte(crownValue))} {
			if strings.Contains(asYAML(text), value) {
				t.Errorf("%s tell the Secret's value", where)
			}
		}
	}
}
