package flow

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// A restore by hand restores the part of a backup that Velero's flags select, and its preview lists the same part.
func TestRestoreByHandSelectsObjects(t *testing.T) {
	e := newInstallation(t)
	e.startController()
	e.awaitPolicies()
	web, other := configMap("web"), configMap("other")
	web.Labels = map[string]string{"app": "web"}
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Labels: map[string]string{"app": "web"}},
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "example.org"},
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "web"}, StringData: map[string]string{"key": "value"}}
	backup := e.createBackup(e.createSource(web, other, service, secret)).Name
	for _, test := range []struct {
		name  string
		flags []string
		want  []string
	}{
		{"a-resource", []string{"--include-resources", "svc"}, []string{"services/web"}},
		{"all-but", []string{"--exclude-resources", "secrets,serviceaccounts", "--selector", "app!=none"}, []string{"configmaps/other", "configmaps/web", "services/web"}},
		{"labels", []string{"--selector", "app=web"}, []string{"configmaps/web", "services/web"}},
		{"both", []string{"--include-resources", "configmaps,secrets", "-l", "app=web"}, []string{"configmaps/web"}},
	} {
		target := e.uniqueName(test.name)
		call := append([]string{"restore", "create", "part", "--from-backup", backup, "-n", target}, test.flags...)
		e.requireContains(e.runTool(append(call, "--dry-run")...), test.want...)
		e.runTool(append(call, "--wait")...)
		restore := &v1alpha1.BaselineRestore{}
		if !e.objectExists(restore, target, "part") {
			t.Fatalf("%s: no restore", test.name)
		}
		var got []string
		for _, object := range restore.Status.Objects {
			if object.Result != v1alpha1.ResultSkipped {
				got = append(got, object.Object)
			}
		}
		if slices.Sort(got); !slices.Equal(got, test.want) {
			t.Errorf("%s: restored %q, want %q", test.name, got, test.want)
		}
		if arrived, wanted := e.objectExists(&corev1.ConfigMap{}, target, "other"), slices.Contains(test.want, "configmaps/other"); arrived != wanted {
			t.Errorf("%s: configmaps/other is there: %v", test.name, arrived)
		}
		e.requireContains(e.runTool("restore", "describe", "part", "-n", target), "Label selector:")
	}
	e.requireContains(e.runFailingTool("restore", "create", "--from-backup", backup, "-n", "x", "--include-resources", "servces"), `holds no "servces": did you mean "services"?`)

	nothing := &v1alpha1.BaselineRestore{
		ObjectMeta: metav1.ObjectMeta{Namespace: e.uniqueName("labels"), Name: "nothing"},
		Spec:       v1alpha1.BaselineRestoreSpec{Backup: backup, RestoreSelection: v1alpha1.RestoreSelection{IncludedResources: []string{"widgets"}}},
	}
	e.createObjects(nothing)
	e.awaitPhase(nothing, &nothing.Status.Conditions, v1alpha1.PhaseFailed)
	e.requireContains(strings.Join(nothing.Status.Errors, "\n"), "nothing of the backup is selected: it holds configmaps, secrets, serviceaccounts, services")
	all := nothing.DeepCopy()
	all.ObjectMeta = metav1.ObjectMeta{Namespace: nothing.Namespace, Name: "none"}
	all.Spec.RestoreSelection = v1alpha1.RestoreSelection{ExcludedResources: []string{"*"}}
	e.requireRefused(e.Client.Create(e.ctx(), all), "leaves nothing to restore")
}
