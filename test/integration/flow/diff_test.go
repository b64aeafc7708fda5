package flow

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// The values of the Secret: the backup's, and the tenant's.
const (
	backupPassword = "ours-4711"
	tenantPassword = "theirs-0815"
)

// newDiffed makes a fleet of two namespaces. A ConfigMap, and the image of a Deployment, may differ.
func newDiffed(e *env, edit func(*v1alpha1.BaselineSpec)) *fleet {
	e.t.Helper()
	f := &fleet{env: e, size: 2, label: e.uniqueName("fleet")}
	source := e.createSource(configMap("settings"), configMap("gone"), configMap("flags"), newPassword(backupPassword), newGuard(), newService(), newWorkload())
	backup := e.createBackup(source, "configmaps", "secrets", "networkpolicies", "services", "deployments.apps")
	f.baseline = e.createBaseline(backup.Name, func(spec *v1alpha1.BaselineSpec) {
		f.selectByLabel(spec)
		spec.DriftIgnore = []v1alpha1.DriftIgnoreRule{
			{Kind: "ConfigMap", Name: "flags"}, {Group: "apps", Kind: "Deployment", Paths: []string{"/spec/template/spec/containers/app/image"}},
		}
		if edit != nil {
			edit(spec)
		}
	})
	f.createNamespaces()
	f.awaitNumbers(f.allCurrent())
	return f
}

// diff calls the tool for a namespace. In its output the names are replaced by words.
func (f *fleet) diff(i int, args ...string) (out, errOut string, code int) {
	f.t.Helper()
	command, err := f.Tool(f.ctx(), append([]string{"diff", f.namespaceName(i)}, args...)...)
	if err != nil {
		f.t.Fatal(err)
	}
	var outBuffer, errBuffer bytes.Buffer
	command.Stdout, command.Stderr = &outBuffer, &errBuffer
	var exit *exec.ExitError
	if err := command.Run(); err != nil && !errors.As(err, &exit) {
		f.t.Fatal(err)
	}
	f.requireNoPassword(outBuffer.String() + errBuffer.String())
	names := strings.NewReplacer(f.namespaceName(i), "NAMESPACE", f.baseline.Name, "BASELINE", f.baseline.Spec.Backup, "BACKUP")
	return names.Replace(outBuffer.String()), names.Replace(errBuffer.String()), command.ProcessState.ExitCode()
}

// requireNoPassword fails the test if a text has a value of the Secret, as it is or encoded.
func (f *fleet) requireNoPassword(text string) {
	f.t.Helper()
	for _, password := range []string{backupPassword, tenantPassword} {
		if strings.Contains(text, password) || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(password))) {
			f.t.Errorf("the password %s is in %s", password, text)
		}
	}
}

func (f *fleet) requireDiff(i int, args []string, wantCode int, want string) {
	f.t.Helper()
	out, errOut, code := f.diff(i, args...)
	if diff := cmp.Diff(want, out); diff != "" || errOut != "" || code != wantCode {
		f.t.Errorf("exit code %d, want %d; %s; output (want, got): %s", code, wantCode, errOut, diff)
	}
}

// changeEverything changes the objects of a namespace as a tenant does.
func (f *fleet) changeEverything(i int) {
	f.t.Helper()
	editor := f.asManager("editor")
	named := func(name string) *corev1.ConfigMap {
		object := configMap(name)
		object.Namespace = f.namespaceName(i)
		return object
	}
	edit(f, editor, named("settings"), func(c *corev1.ConfigMap) { c.Data["key"], c.Data["own"] = "mine", "x" })
	edit(f, editor, named("flags"), func(c *corev1.ConfigMap) { c.Data["key"] = "mine" })
	f.deleteObjects(named("gone"))
	edit(f, editor, f.getSecret(f.namespaceName(i)), func(s *corev1.Secret) {
		s.Data["password"], s.Data["own"] = []byte(tenantPassword), []byte(tenantPassword)
		s.Annotations = map[string]string{corev1.LastAppliedConfigAnnotation: tenantPassword, "example.com/copy": tenantPassword}
	})
	workload := newWorkload()
	workload.Namespace = f.namespaceName(i)
	edit(f, editor, workload, func(d *appsv1.Deployment) { d.Spec.Template.Spec.Containers[0].Image = "app:2" })
	service := newService()
	service.Namespace = f.namespaceName(i)
	edit(f, editor, service, func(s *corev1.Service) { s.Spec.Type = corev1.ServiceTypeNodePort }) // and gets another nodePort each time
	edit(f, editor, f.getGuard(i), func(n *networkingv1.NetworkPolicy) { delete(n.Labels, v1alpha1.LabelBaseline); n.Spec.Ingress = nil })
}

const flagsNotCompared = "Not compared: configmaps/flags (skipped: spec.driftIgnore lets it differ)\n"

// goneDiff and the others are the diffs of the objects that changeEverything changes.
const (
	goneDiff = `--- /dev/null
+++ NAMESPACE/configmaps/gone (baseline BASELINE, backup BACKUP)
@@ -0,0 +1,10 @@
+apiVersion: v1
+data:
+  key: value of gone
+kind: ConfigMap
+metadata:
+  labels:
+    seedbed.dev/backup: BACKUP
+    seedbed.dev/baseline: BASELINE
+  name: gone
+  namespace: NAMESPACE
`
	settingsDiff = `# NAMESPACE/configmaps/settings: data.key was changed by editor
--- NAMESPACE/configmaps/settings (live)
+++ NAMESPACE/configmaps/settings (baseline BASELINE, backup BACKUP)
@@ -1,6 +1,6 @@
 apiVersion: v1
 data:
-  key: mine
+  key: value of settings
   own: x
 kind: ConfigMap
 metadata:
`
	secretDiff = `# NAMESPACE/secrets/db: data.password was changed by editor
--- NAMESPACE/secrets/db (live)
+++ NAMESPACE/secrets/db (baseline BASELINE, backup BACKUP)
@@ -1,7 +1,7 @@
 apiVersion: v1
 data:
   own: (masked)
-  password: (masked, differs)
+  password: (masked)
 kind: Secret
 metadata:
   annotations:
`
	serviceDiff = `# NAMESPACE/services/web: spec.type was changed by editor
--- NAMESPACE/services/web (live)
+++ NAMESPACE/services/web (baseline BASELINE, backup BACKUP)
`
)

// A namespace as Seedbed left it shows no difference, whatever the API server has added to it: addresses, ports, defaults, a status.
func TestDiffShowsWhatTheAuditCounts(t *testing.T) {
	f := newDiffed(sharedInstallation(t), nil)
	f.requireDiff(1, []string{"--exit-code"}, 0, flagsNotCompared+"No differences.\n")
	f.changeEverything(0)
	out, errOut, code := f.diff(0, f.baseline.Name, "--exit-code")
	if code != 1 || errOut != "" {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	f.requireContains(out, goneDiff+settingsDiff+secretDiff+serviceDiff, "\n-  type: NodePort\n+  type: ClusterIP\n",
		"\n"+flagsNotCompared+"Not compared: networkpolicies.networking.k8s.io/guard (disowned: lacks the label seedbed.dev/baseline)\n4 of 5 objects differ: 3 changed, 1 missing.\n")
	if strings.Contains(out, "deployments") || strings.Contains(out, "app:2") {
		t.Errorf("the image may differ: %s", out)
	}
	if _, _, code := f.diff(0); code != 0 {
		t.Errorf("without --exit-code it ends with %d", code)
	}
	var listed struct {
		Changed, Missing int
		Differences      []struct{ Object, Result, Diff string }
	}
	out, _, _ = f.diff(0, "-o", "json")
	if err := json.Unmarshal([]byte(out), &listed); err != nil || listed.Changed != 3 || listed.Missing != 1 || listed.Differences[1].Diff+"" == "" {
		t.Errorf("%+v: %v", listed, err)
	}
	f.requireAudit(1)
	f.requireDrift(0, "configmaps/gone: Missing", "configmaps/settings: Changed: data.key was changed by editor",
		"secrets/db: Changed: data.password was changed by editor", "services/web: Changed: spec.type was changed by editor")
	f.requireDiff(1, []string{"--exit-code"}, 0, flagsNotCompared+"No differences.\n")
}

// Neither the answer nor the object that asks for it has a value of the Secret or of a live object.
func TestComparisonHasNoLiveValue(t *testing.T) {
	f := newDiffed(sharedInstallation(t), nil)
	f.changeEverything(0)
	spec := v1alpha1.BaselinePreviewSpec{Namespace: f.namespaceName(0), Baseline: f.baseline.Name, Backup: f.baseline.Spec.Backup, Compare: v1alpha1.CompareHeld}
	status, err := f.previewBy(f.Client, spec)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(status)
	if err != nil {
		t.Fatal(err)
	}
	f.requireNoPassword(string(raw))
	f.requireContains(string(raw), `"password":"(left out)"`, `"fields":["/data/password"]`)
	if strings.Contains(string(raw), "mine") {
		t.Errorf("a value of a live object is in %s", raw)
	}
	if compared := status.Comparison; compared.Objects != 5 || compared.Changed != 3 || compared.Missing != 1 || len(status.Objects)+len(status.Items) > 0 {
		t.Errorf("%+v", status)
	}
	spec.Objects = true
	_, err = f.previewBy(f.Client, spec)
	f.requireRefused(err, "compare goes with namespace and baseline, and without objects")
	_, err = f.previewBy(f.Client, v1alpha1.BaselinePreviewSpec{Namespace: spec.Namespace, Backup: spec.Backup, Compare: v1alpha1.CompareHeld})
	f.requireRefused(err, "compare goes with namespace and baseline, and without objects")
	_, err = f.previewBy(f.Client, v1alpha1.BaselinePreviewSpec{Namespace: f.uniqueName("none"), Baseline: spec.Baseline, Backup: spec.Backup, Compare: v1alpha1.CompareHeld})
	f.requireRefused(err, "does not exist: there is nothing to compare")
}

// Of a Required baseline added fields and the label count.
func TestDiffOfARequiredBaselineIsExact(t *testing.T) {
	f := newDiffed(sharedInstallation(t), func(spec *v1alpha1.BaselineSpec) {
		required(spec)
		spec.Drift = v1alpha1.DriftReport
	})
	f.requireDiff(1, []string{"--exit-code"}, 0, flagsNotCompared+"No differences.\n")
	f.changeEverything(0)
	out, errOut, code := f.diff(0, "--exit-code")
	if code != 1 || errOut != "" {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	f.requireContains(out, "-  key: mine\n-  own: x\n+  key: value of settings\n", "-  own: (masked)\n-  password: (masked, differs)\n+  password: (masked)\n",
		"# NAMESPACE/networkpolicies.networking.k8s.io/guard: lacks the label seedbed.dev/baseline\n", "\n+    seedbed.dev/baseline: BASELINE\n", "\n+  ingress:\n",
		"\n5 of 6 objects differ: 3 changed, 1 missing, 1 disowned.\n")
}

// With another backup the content of that one is compared, which an update would bring.
func TestDiffWithAnotherBackup(t *testing.T) {
	f := newDiffed(sharedInstallation(t), nil)
	next := f.withOwnNames()
	source := next.createSource(configMap("settings"), configMap("new"), newPassword(tenantPassword), newService(), newWorkload())
	backup := next.createBackup(source, "configmaps", "secrets", "services", "deployments.apps").Name
	held := f.baseline.Spec.Backup
	out, errOut, code := f.diff(0, "--backup", backup, "--exit-code")
	if code != 1 || errOut != "" {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	f.requireContains(out, "+++ NAMESPACE/configmaps/new (baseline BASELINE, backup "+backup+")", "-  password: (masked, differs)\n+  password: (masked)\n", "\n2 of 5 objects differ: 1 changed, 1 missing.\n")
	f.requireDiff(0, []string{"--backup", held, "--exit-code"}, 0, flagsNotCompared+"No differences.\n")
}

// The live objects are read with the caller's permissions. One that the caller may not read is named, and the rest is shown.
func TestDiffReadsWithTheCallersPermissions(t *testing.T) {
	f := newDiffed(sharedInstallation(t), nil)
	f.changeEverything(0)
	f.newUser("reader", newRule("create", v1alpha1.GroupName, "baselinepreviews"), newRule("get", v1alpha1.GroupName, "baselinepreviews"),
		newRule("restore", v1alpha1.GroupName, "baselinebackups", f.baseline.Spec.Backup), newRule("create", v1alpha1.GroupName, "baselinerestores"),
		newRule("get", v1alpha1.GroupName, "baselinerecords"), newRule("list", v1alpha1.GroupName, "baselinerecords"),
		newRule("get", "", "configmaps"), newRule("get", "", "services"))
	out, errOut, code := f.diff(0, "--exit-code", "--as", f.uniqueName("reader"))
	const refused = "error: secrets/db differs and is not shown: you may not get secrets in namespace \"NAMESPACE\": ask whoever administers the cluster for that permission\n"
	if code != 2 || errOut != refused {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	const notShown = "# NAMESPACE/secrets/db: data.password was changed by editor (not shown)\n"
	f.requireContains(out, goneDiff+settingsDiff+notShown+serviceDiff, "\n4 of 5 objects differ: 3 changed, 1 missing.\n")

	f.newUser("without", newRule("list", v1alpha1.GroupName, "baselinerecords"))
	out, errOut, code = f.diff(0, "--as", f.uniqueName("without"))
	if code != 2 || out != "" || !strings.Contains(errOut, "cannot create resource \"baselinepreviews\"") {
		t.Errorf("exit code %d: %s%s", code, out, errOut)
	}
}
