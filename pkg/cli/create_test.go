package cli

import (
	"bytes"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/check"
)

// -o prints what would be created, without a cluster.
func TestCreatePrints(t *testing.T) {
	for name, call := range map[string]string{
		"backup-least": "backup create foo --include-namespaces foo -o yaml",
		"backup-most": "backup create foo --include-namespaces foo,bar --include-namespaces foo --include-resources services,deployments.apps" +
			" --exclude-resources events --selector app=web,tier!=old --ttl 30d --labels team=a,env=prod --annotations note=x -o yaml",
		"backup-everything": "backup create foo --include-namespaces foo --include-resources services,* -o yaml",
		"backup-json":       "backup create foo --include-namespaces foo -o json",
		"backup-name":       "backup create foo --include-namespaces foo -o name",
		"backup-jsonpath":   "backup create foo --include-namespaces foo -o jsonpath={.spec.includedNamespaces[0]}",
		"baseline-allow":    "baseline allow web logging --group a --user b --serviceaccount ci:deployer --group a -o yaml",
		"namespace":         "namespace create bar --baseline web,logging --label team=a --label env=prod --annotations note=x -o yaml",
		"baseline-least":    "baseline create web --backup foo-svc -o yaml",
		"baseline-most": "baseline create web --backup foo-svc --source-namespace foo --namespace-selector team=a --existing-namespaces populate" +
			" --allowed-namespaces tier=dev --enforcement required --existing-resource-policy none --mapping references-and-text" +
			" --copy-namespace-labels pod-security.kubernetes.io/*,team --copy-namespace-annotations note --labels team=a -o yaml",
		"baseline-everywhere": "baseline create web --backup foo-svc --all-namespaces -o yaml",
	} {
		t.Run(name, func(t *testing.T) {
			out, errOut, code := runTool(t, strings.Fields(call)...)
			if code != 0 || errOut != "" {
				t.Fatalf("exit code %d: %s", code, errOut)
			}
			check.Golden(t, out, "create", name+".txt")
		})
	}
}

func TestRestoreCreatePrints(t *testing.T) {
	there := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "bar", UID: "4c1b0a1e-7f2a-4c86-9a37-1f8f4f7f0001"}}
	missing := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "baz"}}
	o := &restoreCreateOptions{backup: "foo-svc", policy: newExistingPolicy(), output: newOutputFlags(false)}
	o.metadata.labels = map[string]string{"team": "a"}
	if err := o.policy.Set("update"); err != nil {
		t.Fatal(err)
	}
	for name, targets := range map[string][]*target{
		"restore-one": {{source: "foo", namespace: there}},
		"restore-two": {{source: "foo", namespace: there}, {source: "c", namespace: missing, missing: true}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			o.output.format = "yaml"
			if err := o.output.print(&out, o.printed(targets, "bar-svc"), true); err != nil {
				t.Fatal(err)
			}
			check.Golden(t, out.String(), "create", name+".txt")
		})
	}
}

func TestRestoreProgressText(t *testing.T) {
	counts := &v1alpha1.RestoreCounts{Total: 5, Skipped: 1, Created: 1, Updated: 1, Unchanged: 1, Kept: 1}
	if got, want := restoreProgress(counts), "3 of 4 items restored"; got != want {
		t.Errorf("progress %q, want %q", got, want)
	}
}

func TestBackupProgressText(t *testing.T) {
	for want, progress := range map[string]*v1alpha1.BackupProgress{
		"": nil, "12 of 30 items backed up": {TotalItems: 30, ItemsBackedUp: 12},
	} {
		if got := backupProgress(progress); got != want {
			t.Errorf("progress %q, want %q", got, want)
		}
	}
}
