package cli

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/output"
)

func newRestore(name string) *v1alpha1.BaselineRestore {
	return &v1alpha1.BaselineRestore{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.BaselineRestoreSpec{Backup: "b"}}
}

func newRecord(name string) *v1alpha1.BaselineRecord {
	return &v1alpha1.BaselineRecord{ObjectMeta: metav1.ObjectMeta{Name: name}, Result: v1alpha1.RestoreResult{Phase: v1alpha1.PhaseCompleted, Backup: "r"}}
}

const (
	recordsForbidden   = "records are left out: you may not read baselinerecords in namespace \"bar\", so ask whoever administers the cluster for that permission"
	recordsNotServed   = "records are left out: this cluster has no baselinerecords in its seedbed.dev API, so upgrade Seedbed's chart"
	restoresForbidden  = "restores are left out: you may not read baselinerestores in namespace \"bar\", so ask whoever administers the cluster for that permission"
	forbiddenRestore   = "error: cannot read restore \"web\": baselinerestores.seedbed.dev is forbidden: no: ask whoever administers the cluster for that permission\n"
	forbiddenRestores  = "error: cannot list restores: baselinerestores.seedbed.dev is forbidden: no: ask whoever administers the cluster for that permission\n"
	ambiguousDeletion  = "error: \"web\" is both a restore and a record in namespace \"bar\": delete one of them with `kubectl -n bar delete baselinerestores web` or `kubectl -n bar delete baselinerecords web`\n"
	restoreDeleted     = "Request to delete restore \"bar-svc\" submitted successfully.\nWhat it restored stays.\n"
	recordDeleted      = "Request to delete record \"logging\" submitted successfully.\nIt is the record of baseline \"logging\", which is restored into namespace \"bar\" once more.\n"
	namesOfBoth        = "baselinerestore.seedbed.dev/bar-svc\nbaselinerecord.seedbed.dev/logging\nbaselinerestore.seedbed.dev/web\nbaselinerecord.seedbed.dev/web\n"
	namesOfRestores    = "baselinerestore.seedbed.dev/bar-svc\nbaselinerestore.seedbed.dev/web\n"
	namesOfRecords     = "baselinerecord.seedbed.dev/logging\nbaselinerecord.seedbed.dev/web\n"
	completedNames     = "bar-svc\nlogging\nweb\n:4\n"
	missingWithNearest = "error: restore \"wbe\" does not exist in namespace \"bar\": did you mean \"web\"?"
)

func TestRestoresAreShownWithRecords(t *testing.T) {
	for name, test := range map[string]struct {
		call              string
		refused, unserved string // resources
		out, errOut       string
		code              int
	}{
		"list":                          {call: "restore get -n bar -o name", out: namesOfBoth},
		"list, records forbidden":       {call: "restore get -n bar -o name", refused: "baselinerecords", out: namesOfRestores, errOut: "Note: " + recordsForbidden + ".\n"},
		"list, records not served":      {call: "restore get -n bar -o name", unserved: "baselinerecords", out: namesOfRestores, errOut: "Note: " + recordsNotServed + ".\n"},
		"list, restores forbidden":      {call: "restore get -n bar -o name", refused: "baselinerestores", out: namesOfRecords, errOut: "Note: " + restoresForbidden + ".\n"},
		"list, both forbidden":          {call: "restore get -n bar", refused: "baselinerecords baselinerestores", errOut: forbiddenRestores, code: 1},
		"list, not installed":           {call: "restore get -n bar", unserved: "baselinerecords baselinerestores", errOut: "error: " + output.ErrNotInstalled.Error() + "\n", code: 1},
		"name of both":                  {call: "restore get web -n bar -o name", out: "baselinerestore.seedbed.dev/web\nbaselinerecord.seedbed.dev/web\n"},
		"name of a record":              {call: "restore get logging -n bar -o name", out: "baselinerecord.seedbed.dev/logging\n"},
		"name of both, one forbidden":   {call: "restore get web -n bar -o name", refused: "baselinerecords", out: "baselinerestore.seedbed.dev/web\n", errOut: "Note: " + recordsForbidden + ".\n"},
		"name of both, both forbidden":  {call: "restore get web -n bar", refused: "baselinerecords baselinerestores", errOut: forbiddenRestore, code: 1},
		"two names, one note":           {call: "restore get web bar-svc web -n bar -o name", refused: "baselinerecords", out: "baselinerestore.seedbed.dev/web\nbaselinerestore.seedbed.dev/bar-svc\n", errOut: "Note: " + recordsForbidden + ".\n"},
		"missing":                       {call: "restore get wbe -n bar", errOut: missingWithNearest + "\n", code: 1},
		"missing, the nearest a record": {call: "restore describe loging -n bar", errOut: "error: restore \"loging\" does not exist in namespace \"bar\": did you mean \"logging\"?\n", code: 1},
		"missing, records forbidden":    {call: "restore describe wbe -n bar", refused: "baselinerecords", errOut: missingWithNearest + " (" + recordsForbidden + ")\n", code: 1},
		"delete a restore":              {call: "restore delete bar-svc -n bar --confirm", out: restoreDeleted},
		"delete a record":               {call: "restore delete logging -n bar --confirm", out: recordDeleted},
		"delete an ambiguous name":      {call: "restore delete web -n bar --confirm", errOut: ambiguousDeletion, code: 1},
		"delete without a terminal":     {call: "restore delete logging bar-svc -n bar", errOut: "error: not deleting restore \"bar-svc\"; record \"logging\" without being asked: there is no terminal to confirm on, so add --confirm\n", code: 1},
		"completion":                    {call: "__completeNoDesc restore describe -n bar", out: completedNames, errOut: "Completion ended with directive: ShellCompDirectiveNoFileComp\n"},
	} {
		t.Run(name, func(t *testing.T) {
			api := newCannedAPI(t, newRestore("bar-svc"), newRestore("web"), newRecord("web"), newRecord("logging"))
			for resource := range strings.FieldsSeq(test.refused) {
				api.refused[resource] = true
			}
			for resource := range strings.FieldsSeq(test.unserved) {
				api.unserved[resource] = true
			}
			args := append(strings.Fields(test.call), "--server", api.url)
			if name == "completion" {
				args = append(args, "")
			}
			out, errOut, code := runTool(t, args...)
			if out != test.out || errOut != test.errOut || code != test.code {
				t.Errorf("exit code %d\n%s%s\nwant %d\n%s%s", code, out, errOut, test.code, test.out, test.errOut)
			}
			if code != 0 && len(api.writes) > 0 {
				t.Errorf("written: %q", api.writes)
			}
		})
	}
}

func TestRestoresAreDeletedByKind(t *testing.T) {
	api := newCannedAPI(t, newRestore("web"), newRecord("web"))
	out, errOut, code := api.call(t, "restore delete --all -n bar --confirm")
	if code != 0 || errOut != "" || strings.Count(out, "Request to delete") != 2 {
		t.Errorf("exit code %d\n%s%s", code, out, errOut)
	}
	for i, want := range []string{"DELETE /namespaces/bar/baselinerestores/web ", "DELETE /namespaces/bar/baselinerecords/web "} {
		if i >= len(api.writes) || !strings.HasPrefix(api.writes[i], want) {
			t.Errorf("written %q, want %q at %d", api.writes, want, i)
		}
	}
}

func TestNameOfRestoreAndRecordDescribesBoth(t *testing.T) {
	const call = "restore describe web -n bar"
	restore, _, _ := newCannedAPI(t, newRestore("web")).call(t, call)
	record, _, _ := newCannedAPI(t, newRecord("web")).call(t, call)
	out, errOut, code := newCannedAPI(t, newRestore("web"), newRecord("web")).call(t, call)
	if want := restore + "\n\n" + record; code != 0 || errOut != "" || out != want || restore == record {
		t.Errorf("exit code %d\n%s%s\nwant\n%s", code, out, errOut, want)
	}
}

func TestListsOfBothKindsArePaged(t *testing.T) {
	api := newCannedAPI(t)
	api.pageSize = 2
	var want strings.Builder
	for i := range 5 {
		name := fmt.Sprintf("web-%d", i)
		api.add(t, newRestore(name))
		api.add(t, newRecord(name))
		fmt.Fprintf(&want, "baselinerestore.seedbed.dev/%s\nbaselinerecord.seedbed.dev/%s\n", name, name)
	}
	out, errOut, code := api.call(t, "restore get -n bar -o name")
	if code != 0 || errOut != "" || out != want.String() {
		t.Errorf("exit code %d\n%s%s\nwant\n%s", code, out, errOut, want.String())
	}
	if api.lists != 6 {
		t.Errorf("%d lists were read, want 3 of each kind", api.lists)
	}
}

func TestBaselineIsHeldByRecords(t *testing.T) {
	for name, test := range map[string]struct {
		refused bool
		want    string
	}{
		"readable":  {want: "Held by:  1 namespace\n  bar:  Completed\n"},
		"forbidden": {refused: true, want: "Held by:  you may not list baselinerecords of all namespaces\n"},
	} {
		t.Run(name, func(t *testing.T) {
			baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: v1alpha1.BaselineSpec{Backup: "r"}}
			api := newCannedAPI(t, baseline, newRestore("web"))
			record := newRecord("web")
			api.add(t, record)
			api.objects["/baselinerecords/web"] = record // in the list of all namespaces
			api.refused["baselinerecords"] = test.refused
			out, errOut, code := api.call(t, "baseline describe web")
			if code != 0 || errOut != "" || !strings.HasSuffix(out, test.want) {
				t.Errorf("exit code %d\n%s%s\nwant at the end\n%s", code, out, errOut, test.want)
			}
		})
	}
}
