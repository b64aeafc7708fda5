package integration

import (
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"seedbed.dev/seedbed/pkg/apply"
)

const (
	oldSecret = "{apiVersion: v1, kind: Secret, metadata: {name: pull}, type: Opaque, data: {user: dXNlcg==, password: aHVudGVyMQ==}}"
	newSecret = "{apiVersion: v1, kind: Secret, metadata: {name: pull}, type: Opaque, data: {user: dXNlcg==, password: aHVudGVyMg==}}"
)

func TestUpdateSecret(t *testing.T) {
	for name, test := range map[string]struct {
		edit         string // of the tenant
		result       apply.Result
		reason       string
		calls        string
		password     string // afterwards, and where the baseline is Required
		required     apply.Result
		requiredWord string
	}{
		"untouched":           {`{}`, apply.Updated, "", "PATCH", "aHVudGVyMg==", apply.Updated, "aHVudGVyMg=="},
		"a key of the tenant": {`{"data":{"extra":"eA=="}}`, apply.Updated, "", "PATCH", "aHVudGVyMg==", apply.Updated, "aHVudGVyMg=="},
		"the password":        {`{"data":{"password":"bWluZQ=="}}`, apply.Kept, "data.password was changed by kubectl-edit", "PATCH GET", "bWluZQ==", apply.Updated, "aHVudGVyMg=="},
		"the new password":    {`{"data":{"password":"aHVudGVyMg=="}}`, apply.Updated, "", "PATCH GET", "aHVudGVyMg==", apply.Updated, "aHVudGVyMg=="},
		"the label":           {`{"metadata":{"labels":{"seedbed.dev/baseline":null}}}`, apply.Kept, "lacks the label seedbed.dev/baseline", "PATCH GET", "aHVudGVyMQ==", apply.Updated, "aHVudGVyMg=="},
		"other labels":        {`{"metadata":{"labels":{"mine":"x"},"annotations":{"mine":"x"}}}`, apply.Updated, "", "PATCH", "aHVudGVyMg==", apply.Updated, "aHVudGVyMg=="},
	} {
		t.Run(name, func(t *testing.T) {
			env := newUpdateEnv(t)
			from, to := env.restore(t, oldSecret), env.newRevision(t, newSecret)
			env.edit(t, from, test.edit)
			change := env.update(t, false, false, from, to)
			if calls := env.takeCalls(); change.Result != test.result || change.Reason != test.reason || calls != test.calls {
				t.Errorf("%s (%s, %v) by %s; want %s (%s) by %s", change.Result, change.Reason, change.Err, calls, test.result, test.reason, test.calls)
			}
			if got := field(env.find(t, to), "data", "password"); got != test.password {
				t.Errorf("the password is %s", got)
			}
			change = env.update(t, true, false, from, to)
			if got := field(env.find(t, to), "data", "password"); change.Result != test.required || got != test.requiredWord {
				t.Errorf("required: %s (%s, %v), and the password is %s", change.Result, change.Reason, change.Err, got)
			}
		})
	}
}

func TestUpdateAbsentOrTerminating(t *testing.T) {
	env := newUpdateEnv(t)
	from, to := env.restore(t, oldSecret), env.newRevision(t, newSecret)
	env.edit(t, from, `{"metadata":{"finalizers":["example.com/hold"]}}`)
	if err := env.resource(from).Delete(testContext(t), from.name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, required := range []bool{false, true} {
		if change := env.update(t, required, false, from, to); change.Result != apply.Kept || change.Reason != "is being deleted" {
			t.Errorf("terminating: %s (%s, %v)", change.Result, change.Reason, change.Err)
		}
	}
	env.edit(t, from, `{"metadata":{"finalizers":null}}`)
	if change := env.update(t, false, false, from, to); change.Result != apply.Kept || change.Reason != "was deleted here" {
		t.Errorf("absent: %s (%s, %v)", change.Result, change.Reason, change.Err)
	}
	if change := env.update(t, true, false, from, to); change.Result != apply.Created {
		t.Errorf("required: %s (%s, %v)", change.Result, change.Reason, change.Err)
	}
}

func TestUpdateTwiceWritesOnce(t *testing.T) {
	env := newUpdateEnv(t)
	from, to := env.restore(t, oldSecret), env.newRevision(t, newSecret)
	env.update(t, false, false, from, to)
	before := env.find(t, to).GetResourceVersion()
	change := env.update(t, false, false, from, to) // as after a crash
	if after := env.find(t, to).GetResourceVersion(); change.Result != apply.Updated || after != before {
		t.Errorf("%s (%v), and the version went from %s to %s", change.Result, change.Err, before, after)
	}
}

func TestUpdateAgainstOtherWriter(t *testing.T) {
	env := newUpdateEnv(t)
	from, to := env.restore(t, oldSecret), env.newRevision(t, newSecret)
	env.beforeWrite = func() { env.edit(t, from, `{"data":{"extra":"eA=="}}`) }
	change := env.update(t, false, true, from, to)
	live := env.find(t, to)
	if calls := env.takeCalls(); change.Result != apply.Updated || calls != "GET PUT GET PUT" || field(live, "data", "extra") != "eA==" || field(live, "data", "password") != "aHVudGVyMg==" {
		t.Errorf("%s (%s, %v) by %s: %v", change.Result, change.Reason, change.Err, calls, live.Object["data"])
	}
}

func TestUpdateErrorHasNoValue(t *testing.T) {
	env := newUpdateEnv(t)
	from := env.restore(t, oldSecret)
	to := env.newRevision(t, strings.Replace(newSecret, "name: pull", "name: pull, labels: {password: hunter2!}", 1))
	change := env.update(t, false, false, from, to)
	if change.Result != apply.Failed || !apierrors.IsInvalid(change.Err) || strings.Contains(change.Err.Error(), "hunter2") {
		t.Errorf("%s (%s): %v", change.Result, change.Reason, change.Err)
	}
	env.edit(t, from, `{"data":{"extra":"eA=="}}`)
	change = env.update(t, false, false, from, to)
	if change.Result != apply.Kept || strings.Contains(change.Reason, "hunter2") || !strings.Contains(change.Reason, "kubectl-edit") {
		t.Errorf("changed by a tenant: %s (%s): %v", change.Result, change.Reason, change.Err)
	}
}

func TestUpdateImmutable(t *testing.T) {
	for name, test := range map[string]struct{ from, to, edit, kept string }{
		"a ConfigMap": {
			from: "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, immutable: true, data: {a: '1'}}",
			to:   "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, immutable: true, data: {a: '2'}}",
			edit: `{"metadata":{"annotations":{"mine":"x"}}}`, kept: "was changed by kubectl-edit, and the API server refuses to update data",
		},
		"a Secret": {
			from: "{apiVersion: v1, kind: Secret, metadata: {name: a}, type: example.com/a}", to: "{apiVersion: v1, kind: Secret, metadata: {name: a}, type: example.com/b}",
			edit: `{"data":{"mine":"eA=="}}`, kept: "was changed by kubectl-edit, and the API server refuses to update type",
		},
		"a RoleBinding": {
			from: "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: a}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}, subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: dev}]}",
			to:   "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: a}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}, subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: dev}]}",
			edit: `{"subjects":null}`, kept: "was changed by an unknown manager, and the API server refuses to update roleRef",
		},
	} {
		t.Run(name, func(t *testing.T) {
			env := newUpdateEnv(t)
			from, to := env.restore(t, test.from), env.newRevision(t, test.to)
			before := env.find(t, from).GetUID()
			if change := env.update(t, false, false, from, to); change.Result != apply.Updated || env.find(t, to).GetUID() == before {
				t.Errorf("untouched: %s (%s, %v)", change.Result, change.Reason, change.Err)
			}
			before = env.find(t, to).GetUID()
			env.edit(t, to, test.edit)
			if change := env.update(t, false, false, to, from); change.Result != apply.Kept || change.Reason != test.kept || env.find(t, to).GetUID() != before {
				t.Errorf("changed: %s (%s, %v)", change.Result, change.Reason, change.Err)
			}
			if change := env.update(t, true, false, to, from); change.Result != apply.Updated || env.find(t, to).GetUID() == before {
				t.Errorf("required: %s (%s, %v)", change.Result, change.Reason, change.Err)
			}
		})
	}
}

func TestUpdateJobRunsOnce(t *testing.T) {
	env := newUpdateEnv(t)
	job := "{apiVersion: batch/v1, kind: Job, metadata: {name: a}, spec: {suspend: true, template: {spec: {restartPolicy: Never, containers: [{name: app, image: 'example.com/a:1'}]}}}}"
	from, to := env.restore(t, job), env.newRevision(t, strings.Replace(job, "a:1", "a:2", 1))
	if change := env.update(t, false, false, from, to); change.Result != apply.Kept || change.Reason != "runs once" {
		t.Errorf("%s (%s, %v)", change.Result, change.Reason, change.Err)
	}
}

func TestUpdateServiceAccountLists(t *testing.T) {
	env := newUpdateEnv(t)
	account := "{apiVersion: v1, kind: ServiceAccount, metadata: {name: app}, imagePullSecrets: [{name: old}]}"
	from, to := env.restore(t, account), env.newRevision(t, strings.Replace(account, "old", "new", 1))
	env.edit(t, from, `{"metadata":{"labels":{"seedbed.dev/baseline":null}},"imagePullSecrets":[{"name":"old"},{"name":"mine"}],"secrets":[{"name":"token"}]}`)
	change := env.update(t, false, false, from, to)
	live := env.find(t, to)
	if change.Result != apply.Updated || itemNames(live, "imagePullSecrets") != "new mine" || itemNames(live, "secrets") != "token" {
		t.Errorf("%s (%s, %v): %v", change.Result, change.Reason, change.Err, live.Object)
	}
}

// itemNames returns the names of a list's items, in order.
func itemNames(live *unstructured.Unstructured, path ...string) string {
	items, _, _ := unstructured.NestedSlice(live.Object, path...)
	names := make([]string, 0, len(items))
	for _, item := range items {
		fields, _ := item.(map[string]any)
		name, _ := fields["name"].(string)
		names = append(names, name)
	}
	return strings.Join(names, " ")
}
