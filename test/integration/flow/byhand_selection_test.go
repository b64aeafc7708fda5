package flow

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// A restore by hand takes the part of a backup that Velero's flags select, and its preview names the same part.
func TestRestoreByHandOfAPart(t *testing.T) {
	w := own(t)
	w.start()
	w.awaitPolicies()
	web, other := configMap("web"), configMap("other")
	web.Labels = map[string]string{"app": "web"}
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Labels: map[string]string{"app": "web"}},
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "example.org"},
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "web"}, StringData: map[string]string{"key": "value"}}
	backup := w.backup(w.source(web, other, service, secret)).Name
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
		target := w.name(test.name)
		call := append([]string{"restore", "create", "part", "--from-backup", backup, "-n", target}, test.flags...)
		w.says(w.tool(append(call, "--dry-run")...), test.want...)
		w.tool(append(call, "--wait")...)
		restore := &v1alpha1.BaselineRestore{}
		if !w.there(restore, target, "part") {
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
		if arrived, wanted := w.there(&corev1.ConfigMap{}, target, "other"), slices.Contains(test.want, "configmaps/other"); arrived != wanted {
			t.Errorf("%s: configmaps/other is there: %v", test.name, arrived)
		}
		w.says(w.tool("restore", "describe", "part", "-n", target), "Label selector:")
	}
	w.says(w.fails("restore", "create", "--from-backup", backup, "-n", "x", "--include-resources", "servces"), `holds no "servces": did you mean "services"?`)

	nothing := &v1alpha1.BaselineRestore{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.name("labels"), Name: "nothing"},
		Spec:       v1alpha1.BaselineRestoreSpec{Backup: backup, RestoreSelection: v1alpha1.RestoreSelection{IncludedResources: []string{"widgets"}}},
	}
	w.create(nothing)
	w.awaitPhase(nothing, &nothing.Status.Conditions, v1alpha1.PhaseFailed)
	w.says(strings.Join(nothing.Status.Errors, "\n"), "nothing of the backup is selected: it holds configmaps, secrets, serviceaccounts, services")
	all := nothing.DeepCopy()
	all.ObjectMeta = metav1.ObjectMeta{Namespace: nothing.Namespace, Name: "none"}
	all.Spec.RestoreSelection = v1alpha1.RestoreSelection{ExcludedResources: []string{"*"}}
	w.refused(w.Client.Create(w.ctx(), all), "leaves nothing to restore")
}
