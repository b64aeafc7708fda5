package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// newValued makes a fleet of which each namespace has its tier in a ConfigMap; edit may change the Baseline.
func newValued(e *env, edit func(*v1alpha1.BaselineSpec)) *fleet {
	f := &fleet{env: e, size: 3, label: e.uniqueName("fleet")}
	settings := configMap("settings")
	settings.Data = map[string]string{"tier": "none", "shared": "yes"}
	extra := configMap("extra")
	f.baseline = e.createBaseline(e.createBackup(e.createSource(settings, extra, newPassword("old")), "configmaps", "secrets").Name, func(spec *v1alpha1.BaselineSpec) {
		f.selectByLabel(spec)
		spec.Rollout = &v1alpha1.BaselineRollout{}
		spec.Values = []v1alpha1.BaselineValue{{
			Target: v1alpha1.ObjectTarget{Kind: "ConfigMap", Name: "settings"}, Path: "/data/tier", Expression: "target.labels[?'tier'].orValue('bronze') + '-' + target.name",
		}}
		if edit != nil {
			edit(spec)
		}
	})
	f.createNamespaces()
	return f
}

// settle waits until all namespaces are restored.
func (f *fleet) settle() *fleet {
	f.t.Helper()
	f.awaitCounts("populated", f.allCurrent())
	return f
}

func (f *fleet) getSettings(i int) *corev1.ConfigMap {
	f.t.Helper()
	return f.getConfigMap(f.namespaceName(i), "settings")
}

func (e *env) getConfigMap(namespace, name string) *corev1.ConfigMap {
	e.t.Helper()
	object := &corev1.ConfigMap{}
	if err := e.Client.Get(e.ctx(), client.ObjectKey{Namespace: namespace, Name: name}, object); err != nil {
		e.t.Fatal(err)
	}
	return object
}

// awaitTier waits until a namespace's own value in its ConfigMap is that of a tier.
func (f *fleet) awaitTier(i int, tier string) {
	f.t.Helper()
	f.eventually(func(ctx context.Context) error {
		object := &corev1.ConfigMap{}
		if err := f.Client.Get(ctx, client.ObjectKey{Namespace: f.namespaceName(i), Name: "settings"}, object); err != nil {
			return err
		}
		if want := tier + "-" + f.namespaceName(i); object.Data["tier"] != want {
			return fmt.Errorf("%s has the tier %q, want %q", f.namespaceName(i), object.Data["tier"], want)
		}
		return nil
	})
}

// awaitUpdate waits until the record of a namespace reports an update after a version of it, and returns it.
func (f *fleet) awaitUpdate(i int, after *v1alpha1.BaselineRecord) *v1alpha1.BaselineRecord {
	f.t.Helper()
	var found *v1alpha1.BaselineRecord
	f.awaitRecord(f.namespaceName(i), f.baseline.Name, func(record *v1alpha1.BaselineRecord) error {
		found = record
		if record.Update == nil || record.Generation <= after.Generation || !record.IsComplete() {
			return fmt.Errorf("generation %d, the update is %+v", record.Generation, record.Update)
		}
		return nil
	})
	return found
}

// A relabelled namespace gets its own values and nothing else is written; the changes of its tenant stay.
func TestValuesFollowTheNamespace(t *testing.T) {
	f := newValued(sharedInstallation(t), nil).settle()
	for i := range f.size {
		f.awaitTier(i, "bronze")
	}
	others, first := map[string]string{}, f.readRecord(0)
	for _, name := range []string{"extra", "settings"} {
		others[name] = f.getConfigMap(f.namespaceName(1), name).ResourceVersion
	}
	own, record := f.getConfigMap(f.namespaceName(0), "extra").ResourceVersion, f.readRecord(1).ResourceVersion
	tenant := client.WithFieldOwner(f.Client, "kubectl-edit")
	f.patchAs(tenant, f.getSettings(0), `{"data":{"mine":"kept"}}`)

	f.labelNamespace(0, "tier", "gold")
	f.awaitTier(0, "gold")
	held := f.awaitUpdate(0, first)
	if update := held.Update; update.Counts.Updated != 1 || update.Counts.Kept != 0 || f.getSettings(0).Data["mine"] != "kept" {
		t.Errorf("the update is %+v, the ConfigMap has %v", held.Update, f.getSettings(0).Data)
	}
	for name, version := range others {
		if now := f.getConfigMap(f.namespaceName(1), name).ResourceVersion; now != version {
			t.Errorf("%s of another namespace was written", name)
		}
	}
	if f.getConfigMap(f.namespaceName(0), "extra").ResourceVersion != own || f.readRecord(1).ResourceVersion != record {
		t.Error("an object without values, or the record of another namespace, was written")
	}

	// A value that the tenant has changed is the tenant's.
	f.patchAs(tenant, f.getSettings(0), `{"data":{"tier":"platinum"}}`)
	f.labelNamespace(0, "tier", "silver")
	held = f.awaitUpdate(0, held)
	if update := held.Update; update.Counts.Kept != 1 || f.getSettings(0).Data["tier"] != "platinum" || !strings.Contains(update.Objects[0].Reason, "data.tier") {
		t.Errorf("the update is %+v, the tier %s", held.Update, f.getSettings(0).Data["tier"])
	}
	f.labelNamespace(1, "unrelated", "x")
	f.labelNamespace(2, "tier", "gold")
	f.awaitTier(2, "gold")
	if f.readRecord(1).Update != nil {
		t.Error("a label that no rule reads caused an update")
	}
}

// patchAs changes an object by a merge patch.
func (e *env) patchAs(user client.Client, object client.Object, patch string) {
	e.t.Helper()
	if err := user.Patch(e.ctx(), object, client.RawPatch(types.MergePatchType, []byte(patch))); err != nil {
		e.t.Fatal(err)
	}
}

// Without a rollout a relabelled namespace keeps its values and counts as outdated; so it does while the rollout is paused.
func TestValuesWaitForARollout(t *testing.T) {
	f := newValued(sharedInstallation(t), func(spec *v1alpha1.BaselineSpec) { spec.Rollout = nil }).settle()
	outdated := f.allCurrent()
	outdated.UpdatedNamespaces, outdated.OutdatedNamespaces = outdated.UpdatedNamespaces-1, 1
	f.labelNamespace(0, "tier", "gold")
	f.awaitNumbers(outdated)
	f.requireStates(f.baseline.Name, map[string][]string{"--outdated": f.namesOf(0)})
	f.updateObject(f.baseline, func() {
		metav1.SetMetaDataAnnotation(&f.baseline.ObjectMeta, v1alpha1.AnnotationRolloutPaused, "true")
		f.baseline.Spec.Rollout = &v1alpha1.BaselineRollout{}
	})
	f.awaitRollout(v1alpha1.ReasonPaused)
	if tier := f.getSettings(0).Data["tier"]; tier != "bronze-"+f.namespaceName(0) {
		t.Errorf("paused, it has the tier %s", tier)
	}
	f.updateObject(f.baseline, func() { delete(f.baseline.Annotations, v1alpha1.AnnotationRolloutPaused) })
	f.awaitTier(0, "gold")
	f.awaitCounts("unpaused", f.allCurrent())
}

// A changed rule is a revision: it is rolled out, and undone with the rules of before.
func TestChangedRulesAreRolledOut(t *testing.T) {
	f := newValued(sharedInstallation(t), nil).settle()
	f.updateObject(f.baseline, func() { f.baseline.Spec.Values[0].Expression = "'v2-' + target.name" })
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	for i := range f.size {
		f.awaitTier(i, "v2")
		if update := f.readRecord(i).Update; update == nil || update.Counts.Updated != 1 {
			t.Errorf("the update is %+v", update)
		}
	}
	f.runTool("baseline", "rollout", "undo", f.baseline.Name, "--wait")
	for i := range f.size {
		f.awaitTier(i, "bronze")
	}
	if err := f.Client.Get(f.ctx(), client.ObjectKeyFromObject(f.baseline), f.baseline); err != nil || len(f.baseline.Spec.Values) != 1 ||
		!strings.Contains(f.baseline.Spec.Values[0].Expression, "bronze") {
		t.Errorf("the rules are %+v, %v", f.baseline.Spec.Values, err)
	}
	f.labelNamespace(0, "tier", "gold") // the hash is that of the rules in force
	f.awaitTier(0, "gold")
}

// An object whose condition turns false stays and counts as kept, or is pruned; it comes back when the condition turns true.
func TestIncludedObjectsFollowTheNamespace(t *testing.T) {
	for name, prune := range map[string]v1alpha1.Prune{"kept": "", "pruned": v1alpha1.PruneUnmodified} {
		t.Run(name, func(t *testing.T) {
			f := newValued(sharedInstallation(t), func(spec *v1alpha1.BaselineSpec) {
				spec.Rollout.Prune = prune
				spec.Include = []v1alpha1.BaselineInclude{{Target: v1alpha1.ObjectTarget{Kind: "ConfigMap", Name: "extra"}, Expression: "target.labels[?'stage'].orValue('dev') != 'prod'"}}
			}).settle()
			first := f.readRecord(0)
			f.labelNamespace(0, "stage", "prod")
			held := f.awaitUpdate(0, first)
			left := held.Update
			if exists := f.objectExists(&corev1.ConfigMap{}, f.namespaceName(0), "extra"); exists != (prune == "") {
				t.Errorf("the object exists: %t", exists)
			}
			if prune == "" && (left.Counts.Kept != 1 || left.Objects[0].Object != "configmaps/extra" || left.Objects[0].Reason != "spec.include[0] is false in this namespace: it stays") {
				t.Errorf("the update is %+v", left)
			}
			if prune != "" && left.Counts.Deleted != 1 {
				t.Errorf("the update is %+v", left)
			}
			if leftOut := held.Revision.LeftOut; len(leftOut) != 1 || leftOut[0] != "configmaps/extra" {
				t.Errorf("left out: %v", leftOut)
			}
			f.labelNamespace(0, "stage", "dev")
			f.awaitUpdate(0, held)
			if !f.objectExists(&corev1.ConfigMap{}, f.namespaceName(0), "extra") {
				t.Error("the object did not come back")
			}
			if record := f.readRecord(0); len(record.Revision.LeftOut) != 0 || record.Revision.ValuesHash == "" {
				t.Errorf("the revision is %+v", record.Revision)
			}
			// A namespace that never got it has nothing to keep, and the tenant's deletion of another object stands.
			fresh := labelledNamespace(f.uniqueName("fresh"), f.label, "yes")
			fresh.Labels["stage"] = "prod"
			f.createObjects(fresh)
			f.awaitReady(fresh.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
			if f.objectExists(&corev1.ConfigMap{}, fresh.Name, "extra") || f.env.getRecord(fresh.Name, f.baseline.Name).Result.Counts.Failed != 0 {
				t.Error("an object that was left out was restored")
			}
		})
	}
}

// A namespace without a label that a rule needs lacks that object alone, and gets it as soon as it has the label.
func TestValueThatCannotBeComputedFailsItsObject(t *testing.T) {
	f := newValued(sharedInstallation(t), func(spec *v1alpha1.BaselineSpec) {
		spec.Rollout = nil
		spec.Values = append(spec.Values, v1alpha1.BaselineValue{
			Target: v1alpha1.ObjectTarget{Kind: "ConfigMap", Name: "extra"}, Path: "/data/team", Expression: "target.labels['team']",
		})
	})
	f.awaitReady(f.namespaceName(0), corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed)
	record := f.readRecord(0)
	const want = "configmaps/extra: value spec.values[1]: the namespace has no label team: add it, or give a default as in target.labels[?'team'].orValue('…')"
	if len(record.Result.Errors) != 1 || record.Result.Errors[0] != want || f.getSettings(0).Data["tier"] == "none" {
		t.Errorf("the errors are %q, want %q", record.Result.Errors, want)
	}
	f.labelNamespace(0, "team", "payments")
	f.awaitReady(f.namespaceName(0), corev1.ConditionTrue, v1alpha1.ReasonRestored)
	if team := f.getConfigMap(f.namespaceName(0), "extra").Data["team"]; team != "payments" {
		t.Errorf("the team is %q", team)
	}
	f.awaitRecord(f.namespaceName(0), f.baseline.Name, func(record *v1alpha1.BaselineRecord) error { // the other object was written before
		if hash := record.Revision.ValuesHash; hash == v1alpha1.ValuesMixed || !record.IsComplete() {
			return fmt.Errorf("the values are %s, complete %t", hash, record.IsComplete())
		}
		return nil
	})
}

// The audit of a Required baseline compares each namespace with its own values, and puts those back.
func TestDriftOfValues(t *testing.T) {
	f := newValued(sharedInstallation(t), func(spec *v1alpha1.BaselineSpec) { spec.Enforcement = v1alpha1.EnforcementRequired }).settle()
	f.labelNamespace(1, "tier", "gold")
	f.awaitTier(1, "gold")
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	f.requireAudit(0)
	f.patchAs(client.WithFieldOwner(f.Client, "kubectl-edit"), f.getSettings(0), fmt.Sprintf(`{"data":{"tier":"gold-%s"}}`, f.namespaceName(0)))
	f.requireAudit(1)
	f.awaitTier(0, "bronze")
	f.awaitTier(1, "gold")
	f.requireAudit(0)
	out, errOut, code := f.diff(1, "--exit-code")
	if code != 0 {
		t.Errorf("diff: %s%s", out, errOut)
	}
}

// A value is text in its place, whatever a tenant writes into an annotation; and Pods of a Deployment keep its structure.
func TestValuesCannotLeaveTheirPlace(t *testing.T) {
	e := sharedInstallation(t)
	deployment := annotatedDeployment("web")
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("settings"), newPassword("old"), deployment), "configmaps", "secrets", "deployments.apps").Name, func(spec *v1alpha1.BaselineSpec) {
		rule := func(group, kind, path, expression string) {
			spec.Values = append(spec.Values, v1alpha1.BaselineValue{Target: v1alpha1.ObjectTarget{Group: group, Kind: kind}, Path: path, Expression: expression})
		}
		rule("", "ConfigMap", "/data/text", "target.annotations['example.com/text']")
		rule("", "Secret", "/data/text", "target.annotations['example.com/text']")
		rule("apps", "Deployment", "/metadata/annotations/text", "target.annotations['example.com/text']")
		rule("apps", "Deployment", "/spec/template/metadata/annotations/text", "'x' + target.annotations['example.com/text']")
	})
	for number, text := range []string{
		`"},"spec":{"hostNetwork":true},"x":{"y":"`, "line\n- name: evil\n  image: evil", "{{ .Values.x }} ${x} $(x)", `\u0022\"`, "'; DROP", "\u2028<script>&", "- [a, b]: {c: d}",
	} {
		namespace := annotatedNamespace(e.uniqueName(fmt.Sprintf("target-%d", number)), baseline.Name)
		namespace.Annotations["example.com/text"] = text
		e.createObjects(namespace)
		e.awaitReady(namespace.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
		secret, live := &corev1.Secret{}, &appsv1.Deployment{}
		for name, object := range map[string]client.Object{"db": secret, "web": live} {
			if err := e.Client.Get(e.ctx(), client.ObjectKey{Namespace: namespace.Name, Name: name}, object); err != nil {
				t.Fatal(err)
			}
		}
		got := map[string]string{
			"ConfigMap": e.getConfigMap(namespace.Name, "settings").Data["text"], "Secret": string(secret.Data["text"]),
			"Deployment": live.Annotations["text"], "Pod": strings.TrimPrefix(live.Spec.Template.Annotations["text"], "x"),
		}
		for where, value := range got {
			if value != text {
				t.Errorf("the %s has %q, want %q", where, value, text)
			}
		}
		if live.Spec.Template.Spec.HostNetwork || len(live.Spec.Template.Spec.Containers) != 1 {
			t.Errorf("the Pods are %+v", live.Spec.Template.Spec)
		}
	}
}

func annotatedDeployment(name string) *appsv1.Deployment {
	labels := map[string]string{"app": name}
	return &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: appsv1.DeploymentSpec{
		Selector: &metav1.LabelSelector{MatchLabels: labels},
		Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: labels, Annotations: map[string]string{"a": "b"}},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app:1"}}},
		},
	}}
}

// Each mistake in a rule has an error that names the rule: at once, or in the condition Ready where it concerns the backup.
func TestRulesThatAreWrong(t *testing.T) {
	e := sharedInstallation(t)
	backup := e.createBackup(e.createSource(configMap("settings"), newPassword("old")), "configmaps", "secrets")
	newBaseline := func(name string, rules string) *v1alpha1.Baseline {
		baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName(name)}, Spec: v1alpha1.BaselineSpec{Backup: backup.Name}}
		if err := json.Unmarshal([]byte(rules), &baseline.Spec.BaselineRules); err != nil {
			t.Fatal(err)
		}
		return baseline
	}
	value := func(path, expression string) string {
		return fmt.Sprintf(`{"values":[{"target":{"kind":"ConfigMap","name":"settings"},"path":%q,"expression":%q}]}`, path, expression)
	}
	for name, test := range map[string]struct{ rules, want string }{
		"a typo":           {value("/data/x", "taget.name"), "spec.values[0].expression: Invalid value: \"taget.name\": column 1: undeclared reference to 'taget'"},
		"a wrong type":     {value("/data/x", "size(target.labels)"), "spec.values[0].expression: Invalid value: \"size(target.labels)\": gives int, and /data/x takes text: use string(…)"},
		"too much work":    {value("/data/x", "target.labels.all(a, target.labels.all(b, target.labels.all(c, a != b + c))) ? 'x' : 'y'"), "may cost"},
		"a forbidden path": {value("/metadata/ownerReferences", "[]"), "spec.values[0].path: Forbidden: of metadata only single labels and annotations can be set"},
		"no bool":          {`{"include":[{"target":{"kind":"Secret"},"expression":"'x'"}]}`, "spec.include[0].expression: Invalid value: \"'x'\": gives string, and a condition is a bool"},
	} {
		err := e.Client.Create(e.ctx(), newBaseline("refused", test.rules))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", name, err, test.want)
		}
	}
	for name, test := range map[string]struct{ rules, want string }{
		"no-object": {strings.ReplaceAll(value("/data/x", "'x'"), "settings", "none"), "values: spec.values[0].target: the backup restores no ConfigMap none"},
		"no-parent": {value("/spec/x", "'x'"), "values: spec.values[0]: configmaps/settings: the backup's object has no /spec"},
	} {
		baseline := newBaseline(name, test.rules)
		e.createObjects(baseline)
		e.awaitMessage(baseline, &baseline.Status.Conditions, v1alpha1.ReasonInvalidValues, test.want)
		target := annotatedNamespace(e.uniqueName("target-"+name), baseline.Name)
		e.createObjects(target)
		e.awaitReady(target.Name, corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed)
		if e.objectExists(&corev1.Secret{}, target.Name, "db") {
			t.Error("a namespace got objects by rules that are wrong")
		}
		e.updateObject(baseline, func() { baseline.Spec.Values = nil })
		e.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	}
}

// A large result fails its object when it is computed, with its size.
func TestLargeValue(t *testing.T) {
	e := sharedInstallation(t)
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("settings")), "configmaps").Name, func(spec *v1alpha1.BaselineSpec) {
		spec.Values = []v1alpha1.BaselineValue{{Target: v1alpha1.ObjectTarget{Kind: "ConfigMap", Name: "settings"}, Path: "/data/x", Expression: "target.annotations['example.com/text']"}}
	})
	namespace := annotatedNamespace(e.uniqueName("target"), baseline.Name)
	namespace.Annotations["example.com/text"] = strings.Repeat("x", 5<<10)
	e.createObjects(namespace)
	ready := e.awaitReady(namespace.Name, corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed)
	if want := "configmaps/settings: value spec.values[0]: its result takes 5122 bytes, at most 4096"; !strings.Contains(ready.Message, want) {
		t.Errorf("the message is %q, want %q", ready.Message, want)
	}
	if !meta.IsStatusConditionTrue(baseline.Status.Conditions, v1alpha1.ConditionReady) {
		t.Error("one namespace made the Baseline not Ready")
	}
}
