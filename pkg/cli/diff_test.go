package cli

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func newHolding(baseline, backup string) *v1alpha1.BaselineRecord {
	return &v1alpha1.BaselineRecord{
		ObjectMeta: metav1.ObjectMeta{Name: baseline}, Revision: v1alpha1.RevisionContent{Backup: backup, Digest: "d"},
	}
}

func newBackup(name string) *v1alpha1.BaselineBackup {
	backup := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: v1alpha1.BaselineBackupStatus{Digest: "d"}}
	backup.Spec.IncludedNamespaces = []string{"blueprint"}
	return backup
}

// newDiffAPI serves a namespace with one ConfigMap, which differs or not, and the comparisons of it.
func newDiffAPI(t *testing.T, differs bool, objects ...client.Object) (*cannedAPI, *v1alpha1.BaselinePreviewSpec) {
	t.Helper()
	api, asked := newCannedAPI(t, objects...), &v1alpha1.BaselinePreviewSpec{}
	api.objects["/"+coreNamespaces+"/bar/configmaps/settings"] = &corev1.ConfigMap{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"}, ObjectMeta: metav1.ObjectMeta{Namespace: "bar", Name: "settings", ResourceVersion: "7"},
		Data: map[string]string{"key": "mine"},
	}
	api.answer = func(spec *v1alpha1.BaselinePreviewSpec) v1alpha1.BaselinePreviewStatus {
		*asked = *spec
		compared := &v1alpha1.NamespaceComparison{Objects: 2}
		if differs {
			compared.Changed = 1
			compared.Differences = []v1alpha1.ObjectDifference{{
				Result: v1alpha1.ObjectResult{Object: "configmaps/settings", Result: v1alpha1.ResultChanged, Reason: "data.key was changed by kubectl"},
				Fields: []string{"/data/key"},
				Object: &runtime.RawExtension{Raw: []byte(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"bar"},"data":{"key":"ours"}}`)},
			}}
		}
		return v1alpha1.BaselinePreviewStatus{
			Conditions: []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonAnswered}}, Comparison: compared,
		}
	}
	return api, asked
}

const settingsDiff = `# bar/configmaps/settings: data.key was changed by kubectl
--- bar/configmaps/settings (live)
+++ bar/configmaps/settings (baseline web, backup b-1)
@@ -1,6 +1,6 @@
 apiVersion: v1
 data:
-  key: mine
+  key: ours
 kind: ConfigMap
 metadata:
   name: settings
1 of 2 objects differs: 1 changed.
`

// 1 is a difference, where that was asked for, and 2 is trouble.
func TestDiffExitCodes(t *testing.T) {
	const refused = "error: configmaps/settings differs and is not shown: you may not get configmaps in namespace \"bar\": ask whoever administers the cluster for that permission\n"
	for name, test := range map[string]struct {
		args    string
		differs bool
		refused bool
		code    int
		out     string
		errOut  string
	}{
		"no difference":                     {out: "No differences.\n"},
		"no difference, --exit-code":        {args: " --exit-code", out: "No differences.\n"},
		"a difference":                      {differs: true, out: settingsDiff},
		"a difference, --exit-code":         {args: " --exit-code", differs: true, code: 1, out: settingsDiff},
		"one that may not be read":          {differs: true, refused: true, code: 2, errOut: refused},
		"one that may not be read, in JSON": {args: " -o json", differs: true, refused: true, code: 2, errOut: refused},
	} {
		t.Run(name, func(t *testing.T) {
			api, asked := newDiffAPI(t, test.differs, newHolding("web", "b-1"), newBackup("b-1"))
			api.refused[coreNamespaces] = test.refused
			out, errOut, code := api.call(t, "diff bar"+test.args)
			if code != test.code || errOut != test.errOut || test.out != "" && out != test.out {
				t.Errorf("exit code %d\n%s%s\nwant %d\n%s%s", code, out, errOut, test.code, test.out, test.errOut)
			}
			if asked.Namespace != "bar" || asked.Baseline != "web" || asked.Backup != "b-1" || asked.Compare != v1alpha1.CompareHeld {
				t.Errorf("asked for %+v", asked)
			}
			for path := range api.objects {
				if test.refused && strings.HasPrefix(path, "/baselinepreviews/") && len(api.writes) == 0 {
					t.Errorf("the preview %s is left", path)
				}
			}
		})
	}
}

func TestDiffFindsItsContent(t *testing.T) {
	web := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: v1alpha1.BaselineSpec{Backup: "b-1"}}
	for name, test := range map[string]struct {
		args    string
		objects []client.Object
		backup  string
		compare v1alpha1.PreviewComparison
		errOut  string
	}{
		"the baseline that it holds": {objects: []client.Object{newHolding("web", "b-1"), newBackup("b-1")}, backup: "b-1", compare: v1alpha1.CompareHeld},
		"a named baseline of two": {
			args: " web", objects: []client.Object{newHolding("web", "b-1"), newHolding("logging", "b-9"), newBackup("b-1")}, backup: "b-1", compare: v1alpha1.CompareHeld,
		},
		"another backup": {
			args: " --backup b-2", objects: []client.Object{web, newHolding("web", "b-1"), newBackup("b-2")}, backup: "b-2", compare: v1alpha1.CompareBackup,
		},
		"another backup, of a namespace that holds nothing": {
			args: " web --backup b-2", objects: []client.Object{web, newBackup("b-2")}, backup: "b-2", compare: v1alpha1.CompareBackup,
		},
		"two": {
			objects: []client.Object{newHolding("web", "b-1"), newHolding("logging", "b-9")},
			errOut:  "namespace \"bar\" holds 2 baselines: name one of them, `seedbed diff bar logging` or `seedbed diff bar web`",
		},
		"none": {
			errOut: "namespace \"bar\" holds no baseline: it does not exist, or nothing was restored into it yet (`kubectl describe ns bar` tells why)",
		},
		"one that it does not hold": {
			args: " web", objects: []client.Object{newHolding("logging", "b-9")},
			errOut: "namespace \"bar\" does not hold baseline \"web\": it holds logging. Compare it with a backup by --backup, or see `seedbed baseline preview web -n bar`",
		},
		"a backup that is gone": {
			objects: []client.Object{newHolding("web", "b-1")},
			errOut: "namespace \"bar\" holds backup \"b-1\" of baseline \"web\", which was deleted: its content cannot be compared any more. " +
				"Compare with another one, `seedbed diff bar web --backup BACKUP`, such as the baseline's present one",
		},
		"a backup that does not exist": {
			args: " web --backup b-3", objects: []client.Object{web, newBackup("b-2")}, errOut: "backup \"b-3\" does not exist: did you mean \"b-2\"?",
		},
	} {
		t.Run(name, func(t *testing.T) {
			api, asked := newDiffAPI(t, false, test.objects...)
			_, errOut, code := api.call(t, "diff bar"+test.args)
			if test.errOut != "" {
				if code != 2 || errOut != "error: "+test.errOut+"\n" {
					t.Errorf("exit code %d, error\n%s\nwant\n%s", code, errOut, test.errOut)
				}
				return
			}
			if code != 0 || errOut != "" || asked.Baseline != "web" || asked.Backup != test.backup || asked.Compare != test.compare {
				t.Errorf("exit code %d, %s; asked for %+v", code, errOut, asked)
			}
		})
	}
}

// An older controller drops the field that asks for a comparison, and answers with a prediction.
func TestDiffNeedsAControllerThatCompares(t *testing.T) {
	api, _ := newDiffAPI(t, false, newHolding("web", "b-1"), newBackup("b-1"))
	api.answer = func(*v1alpha1.BaselinePreviewSpec) v1alpha1.BaselinePreviewStatus {
		return v1alpha1.BaselinePreviewStatus{Conditions: []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue}}}
	}
	out, errOut, code := api.call(t, "diff bar")
	if want := "error: the Seedbed of this cluster makes no comparisons (no status.comparison in its answer): upgrade its chart\n"; code != 2 || out != "" || errOut != want {
		t.Errorf("exit code %d\n%s%s\nwant\n%s", code, out, errOut, want)
	}
}

// Bad input must not look like a difference to a script.
func TestDiffBadInput(t *testing.T) {
	for call, want := range map[string]string{
		"diff":                      "a NAMESPACE is missing: seedbed diff NAMESPACE [BASELINE]",
		"diff a b c":                "one NAMESPACE and one BASELINE at a time, 3 arguments were given (a b c): seedbed diff NAMESPACE [BASELINE]",
		"diff web -n bar":           "the namespace is the first argument, not --namespace: seedbed diff bar [BASELINE]",
		"diff Bar":                  "\"Bar\" cannot be the name of a namespace: use lowercase letters, digits, '-', beginning and ending with a letter or digit, at most 63 characters",
		"diff bar Web":              "\"Web\" cannot be the name of a baseline: use lowercase letters, digits, '-' and '.', beginning and ending with a letter or digit, at most 253 characters",
		"diff kube-system":          "namespace \"kube-system\" belongs to the system: nothing is restored into it",
		"diff bar -o wide":          "-o wide is not a format: use one of diff, yaml, json",
		"diff bar --exit-cod":       "unknown flag: --exit-cod: did you mean --exit-code?",
		"diff bar --timeout -1s":    "--timeout -1s is negative: give a duration such as 5m, or 0 to wait for ever",
		"diff bar web --exit-code ": "no cluster is configured: set KUBECONFIG or --kubeconfig to a kubeconfig file, or name a cluster with --server",
	} {
		t.Run(call, func(t *testing.T) {
			out, errOut, code := runTool(t, strings.Fields(call)...)
			if code != 2 || out != "" || errOut != "error: "+want+"\n" {
				t.Errorf("exit code %d\n%s%s\nwant\n%s", code, out, errOut, want)
			}
		})
	}
}
