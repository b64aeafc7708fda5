package cli

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// newFleetAPI serves web, which selects app=web, and logging, which is held nowhere. Of web's namespaces team-0 to team-5, the last
// holds nothing, and team-1 kept an object. Even ones have team=a.
func newFleetAPI(t *testing.T) *cannedAPI {
	web := newRevisedBaseline(inStep(1, v1alpha1.ReasonAwaitingApproval), func(b *v1alpha1.Baseline) {
		b.Spec.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
		b.Status.NamespaceCounts = v1alpha1.NamespaceCounts{Namespaces: 1234, UpdatedNamespaces: 1233, PendingNamespaces: 1, KeptNamespaces: 1}
	})
	logging := newRevisedBaseline(func(b *v1alpha1.Baseline) { b.Name, b.Status = "logging", v1alpha1.BaselineStatus{} })
	api := newCannedAPI(t, web, logging, newCompletedBackup("pull-v1", "foo"), newCompletedBackup("pull-v2", "foo"))
	for i := range 6 {
		name := fmt.Sprintf("team-%d", i)
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID("uid-" + name), Labels: map[string]string{"app": "web"}}}
		if i%2 == 0 {
			namespace.Labels["team"] = "a"
		}
		api.add(t, namespace)
		if i == 5 {
			continue
		}
		record := &v1alpha1.BaselineRecord{
			TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "BaselineRecord"},
			ObjectMeta: metav1.ObjectMeta{
				Namespace: name, Name: "web", OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Namespace", Name: name, UID: namespace.UID}},
			},
			Revision: v1alpha1.RevisionContent{Hash: presentHash, Backup: "pull-v2", Digest: "d"},
			Result:   v1alpha1.RestoreResult{Phase: v1alpha1.PhaseCompleted},
		}
		if i == 1 {
			record.Result.Counts.Kept = 1
			record.Result.Objects = []v1alpha1.ObjectResult{{Object: "secrets/pull", Result: v1alpha1.ResultKept, Reason: "was already there and differs"}}
		}
		api.objects["/baselinerecords/"+name] = record // in the list of all namespaces
	}
	return api
}

func TestFleet(t *testing.T) {
	const (
		header  = "BASELINE   BACKUP    REVISION   NAMESPACES   UPDATED   OUTDATED   FAILED   KEPT   DRIFTED   PENDING   RELEASED   ROLLOUT"
		logging = "logging    pull-v2   <none>     0            0         0          0        0      0         0         0          no revision yet"
		web     = "web        pull-v2   2          1,234        1,233     0          0        1      0         1         0          step 1 of 2 (five): waiting for approval"
		narrow  = "logging   pull-v2   <none>   0       0       0     0     0     0     0     0     no revision yet\n" +
			"web       pull-v2   2        1,234   1,233   0     0     1     0     1     0     step 1 of 2 (five): waiting for approval\n"
		headers = "NAMESPACE   BASELINE   REVISION   PHASE       LAST UPDATE   WHY\n"
		kept    = "team-1      web        2          Completed   <none>        secrets/pull kept: was already there and differs\n"
		pending = "team-5      web        <none>     Pending     <none>        not restored yet\n"
		plain   = "team-%d      web        2          Completed   <none>        <none>\n"
		counts  = ", or see the counts, which need baselines alone, with `seedbed fleet`\n"
	)
	evens := fmt.Sprintf(plain+plain+plain, 0, 2, 4)
	for name, test := range map[string]struct {
		call        string
		refused     string
		empty       bool
		out, errOut string
		code        int
	}{
		"counts":            {call: "fleet", out: strings.Join([]string{header, logging, web, ""}, "\n")},
		"without headers":   {call: "fleet --no-headers", out: narrow},
		"no baselines":      {call: "fleet", empty: true, errOut: "No baselines found.\n"},
		"no baselines, raw": {call: "fleet -o json", empty: true, out: "[]\n"},
		"forbidden": {
			call: "fleet", refused: "baselines", code: 1,
			errOut: "error: you may not list baselines.seedbed.dev: ask whoever administers the cluster for the verb \"list\" on it\n",
		},
		"namespaces": {call: "fleet namespaces -l team=a", out: headers + evens},
		"two states": {call: "fleet namespaces --kept --pending", out: headers + kept + pending},
		"a baseline": {call: "fleet namespaces --baseline web --kept --no-headers", out: "team-1   web   2     Completed   <none>   secrets/pull kept: was already there and differs\n"},
		"none":       {call: "fleet namespaces --baseline logging", errOut: "No namespaces found.\n"},
		"none, raw":  {call: "fleet namespaces --released -o yaml", out: "[]\n"},
		"an unknown baseline": {
			call: "fleet namespaces --baseline wbe", code: 1, errOut: "error: baseline \"wbe\" does not exist: did you mean \"web\"?\n",
		},
		"baselines forbidden": {
			call: "fleet namespaces", refused: "baselines", code: 1,
			errOut: "error: you may not list baselines.seedbed.dev: ask whoever administers the cluster for the verb \"list\" on it, or name one that you may get with --baseline\n",
		},
		"records forbidden": {
			call: "fleet namespaces", refused: "baselinerecords", code: 1,
			errOut: "error: you may not list baselinerecords.seedbed.dev in all namespaces: ask whoever administers the cluster for the verb \"list\" on it" + counts,
		},
		"namespaces forbidden": {
			call: "fleet namespaces", refused: coreNamespaces, code: 1,
			errOut: "error: you may not list namespaces: ask whoever administers the cluster for the verb \"list\" on it" + counts,
		},
	} {
		t.Run(name, func(t *testing.T) {
			api := newFleetAPI(t)
			if test.empty {
				api = newCannedAPI(t)
			}
			api.pageSize = 2
			api.refused[test.refused] = true
			out, errOut, code := api.call(t, test.call)
			if out != test.out || errOut != test.errOut || code != test.code {
				t.Errorf("exit code %d\n%s%s\nwant %d\n%s%s", code, out, errOut, test.code, test.out, test.errOut)
			}
			if len(api.writes) > 0 {
				t.Errorf("written: %q", api.writes)
			}
		})
	}
}

func TestFleetWithoutBackups(t *testing.T) {
	api := newFleetAPI(t)
	api.refused["baselinebackups"] = true
	out, errOut, code := api.call(t, "fleet -o wide")
	const note = "Note: the bytes that histories keep are left out: you may not list baselinebackups.seedbed.dev, so ask whoever administers the cluster for the verb \"list\" on it.\n"
	if code != 0 || errOut != note || strings.Count(out, "<unknown>") != 2 {
		t.Errorf("exit code %d\n%s%s", code, out, errOut)
	}
}

func TestLostKeysAreNoted(t *testing.T) {
	api := newFleetAPI(t)
	api.objects["/baselines/web"].(*v1alpha1.Baseline).Status.KeyLostTimestamp = &lossTime
	out, errOut, code := api.call(t, "fleet namespaces --kept -o json")
	if code != 0 || !strings.HasPrefix(errOut, "Note: keys that sealed records of baseline \"web\" are lost") || !strings.HasPrefix(out, "[\n") {
		t.Errorf("exit code %d\n%s%s", code, out, errOut)
	}
}
