package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/values"
	"seedbed.dev/seedbed/test/sample"
)

// boundObjects are the objects of these tests: their fields have the source namespace's name, too.
var boundObjects = map[string]string{
	"configmaps/foo/plain": `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"plain","namespace":"foo"},"data":{"a":"b"}}`,
	"configmaps/foo/app":   `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"app","namespace":"foo"},"data":{"tier":"none","url":"http://web.foo.svc"}}`,
	"services/foo/web":     `{"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"foo"},"spec":{"ports":[{"port":80}]}}`,
	"services/foo/debug":   `{"apiVersion":"v1","kind":"Service","metadata":{"name":"debug","namespace":"foo"},"spec":{"ports":[{"port":80}]}}`,
	"deployments.apps/foo/web": `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"foo","labels":{"app":"web"}},
		"spec":{"replicas":1,"template":{"spec":{"containers":[{"name":"app","image":"app:1","args":["--url=http://web.foo.svc"]}]}}}}`,
}

func valueOf(kind, name, path, expression string) v1alpha1.BaselineValue {
	group := map[string]string{"Deployment": "apps"}[kind]
	return v1alpha1.BaselineValue{Target: v1alpha1.ObjectTarget{Group: group, Kind: kind, Name: name}, Path: path, Expression: expression}
}

func compileRules(t *testing.T, objects map[string]string, rules v1alpha1.BaselineRules) (*Plan, error) {
	t.Helper()
	return Compiler{}.Compile(sample.Archive(t, objects), Spec{Backup: "b", Source: "foo", Baseline: "web", Text: true, Values: values.Encode(&rules)})
}

func mustCompileRules(t *testing.T, objects map[string]string, rules v1alpha1.BaselineRules) *Plan {
	t.Helper()
	compiled, err := compileRules(t, objects, rules)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// appRules are the rules of most of these tests.
func appRules() v1alpha1.BaselineRules {
	return v1alpha1.BaselineRules{
		Values: []v1alpha1.BaselineValue{
			valueOf("ConfigMap", "app", "/data/tier", "target.labels['tier']"),
			valueOf("ConfigMap", "app", "/data/url", "original + '/' + target.name"),
			valueOf("Deployment", "", "/spec/template/spec/containers/app/image", "original + '-' + target.labels[?'tier'].orValue('x')"),
			valueOf("Deployment", "", "/spec/replicas", "{'gold': 3}[?target.labels[?'tier'].orValue('x')].orValue(1)"),
			valueOf("Deployment", "", "/metadata/labels/tier", "target.labels[?'tier'].orValue('x')"),
		},
		Include: []v1alpha1.BaselineInclude{{Target: v1alpha1.ObjectTarget{Kind: "Service", Name: "debug"}, Expression: "target.labels[?'stage'].orValue('') != 'prod'"}},
	}
}

// sentTo returns an object as it is sent to the namespace, without the labels of a restore.
func sentTo(t *testing.T, compiled *Plan, key, namespace string) map[string]any {
	t.Helper()
	object, found := compiled.Find(key)
	if !found {
		return nil
	}
	var content map[string]any
	if err := json.Unmarshal(object.Body.Encode(schema.GroupVersion{Version: "v1"}, namespace, manifest.Labels{}), &content); err != nil {
		t.Fatal(err)
	}
	return content
}

func TestBindPutsValuesIntoTheirFields(t *testing.T) {
	compiled := mustCompileRules(t, boundObjects, appRules())
	gold := &values.Target{Name: "bar", Labels: map[string]string{"tier": "gold"}}
	bound := compiled.Bind(t.Context(), gold)
	if diff := cmp.Diff(map[string]any{"tier": "gold", "url": "http://web.bar.svc/bar"}, sentTo(t, bound, "configmaps/app", "bar")["data"]); diff != "" {
		t.Error(diff)
	}
	want := map[string]any{
		"apiVersion": "v1", "kind": "Deployment", "metadata": map[string]any{"name": "web", "labels": map[string]any{"app": "web", "tier": "gold"}},
		"spec": map[string]any{"replicas": 3.0, "template": map[string]any{"spec": map[string]any{"containers": []any{
			map[string]any{"name": "app", "image": "app:1-gold", "args": []any{"--url=http://web.bar.svc"}},
		}}}},
	}
	if diff := cmp.Diff(want, sentTo(t, bound, "deployments.apps/web", "bar")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{"tier": "none", "url": "http://web.bar.svc"}, sentTo(t, compiled, "configmaps/app", "bar")["data"]); diff != "" {
		t.Errorf("the plan itself has values of a namespace: %s", diff)
	}
	plain, _ := bound.Find("configmaps/plain")
	shared, _ := compiled.Find("configmaps/plain")
	if !plain.Body.Equal(shared.Body) || bound.HasRule("configmaps/plain") || !bound.HasRule("services/debug") {
		t.Error("an object without rules is not shared")
	}
	if same := mustCompileRules(t, boundObjects, v1alpha1.BaselineRules{}); same.Bind(t.Context(), gold) != same {
		t.Error("a plan without rules is not shared")
	}
}

func TestBindLeavesObjectsOut(t *testing.T) {
	compiled := mustCompileRules(t, boundObjects, appRules())
	prod := compiled.Bind(t.Context(), &values.Target{Name: "bar", Labels: map[string]string{"tier": "x", "stage": "prod"}})
	if prod.Holds("services/debug") || prod.SkipReason("services/debug") != "spec.include[0] is false in this namespace" || prod.Len() != 4 {
		t.Errorf("%d objects, reason %q", prod.Len(), prod.SkipReason("services/debug"))
	}
	if revision := prod.RevisionContent(nil); revision.ValuesHash == "" || !cmp.Equal(revision.LeftOut, []string{"services/debug"}) {
		t.Errorf("the revision is %+v", revision)
	}
	// By its record, the namespace has what its labels left out when it was written.
	dev := &values.Target{Name: "bar", Labels: map[string]string{"tier": "x"}}
	if held := compiled.BindHeld(t.Context(), dev, prod.RevisionContent(nil)); held.Holds("services/debug") {
		t.Error("the record says that the object was left out")
	}
	if held := compiled.BindHeld(t.Context(), dev, v1alpha1.RevisionContent{}); !held.Holds("services/debug") {
		t.Error("a record without values leaves nothing out")
	}
	if compiled.Holds("services/debug") != true || len(compiled.Skipped()) != 0 {
		t.Error("the plan itself leaves an object out")
	}
}

func TestBindKeepsObjectsThatFail(t *testing.T) {
	compiled := mustCompileRules(t, boundObjects, appRules())
	bound := compiled.Bind(t.Context(), &values.Target{Name: "bar"})
	err := bound.Failure("configmaps/app")
	if !errors.Is(err, values.ErrValue) || !strings.Contains(err.Error(), "spec.values[0]: the namespace has no label tier") {
		t.Errorf("got %v", err)
	}
	if bound.Failure("deployments.apps/web") != nil || !bound.Holds("configmaps/app") {
		t.Error("others fail too, or the object is left out")
	}
	large := v1alpha1.BaselineRules{}
	for _, key := range []string{"a", "b", "c", "d", "e"} {
		large.Values = append(large.Values, valueOf("ConfigMap", "app", "/data/"+key, "target.annotations['big']"))
	}
	many := mustCompileRules(t, boundObjects, large).Bind(t.Context(), &values.Target{Name: "bar", Annotations: map[string]string{"big": strings.Repeat("x", 4000)}})
	if err := many.Failure("configmaps/app"); err == nil || !strings.Contains(err.Error(), "the values of this namespace take more than 16384 bytes together") {
		t.Errorf("got %v", err)
	}
}

func TestCompileRefusesRulesThatDoNotFit(t *testing.T) {
	include := func(kind, name string) v1alpha1.BaselineRules {
		return v1alpha1.BaselineRules{Include: []v1alpha1.BaselineInclude{{Target: v1alpha1.ObjectTarget{Kind: kind, Name: name}, Expression: "true"}}}
	}
	with := func(rules ...v1alpha1.BaselineValue) v1alpha1.BaselineRules {
		return v1alpha1.BaselineRules{Values: rules}
	}
	for name, test := range map[string]struct {
		rules v1alpha1.BaselineRules
		want  string
	}{
		"no such object":                   {with(valueOf("ConfigMap", "none", "/data/x", "'x'")), "values: spec.values[0].target: the backup restores no ConfigMap none"},
		"no such kind":                     {include("Secret", ""), "values: spec.include[0].target: the backup restores no Secret"},
		"no parent":                        {with(valueOf("ConfigMap", "app", "/data/tier", "'x'"), valueOf("Deployment", "web", "/spec/strategy/type", "'x'")), "values: spec.values[1]: deployments.apps/web: the backup's object has no /spec/strategy"},
		"another shape":                    {with(valueOf("Deployment", "web", "/spec/replicas", "[1]")), "values: spec.values[0]: deployments.apps/web: gives a list where the backup has a scalar"},
		"a field within a field":           {with(valueOf("Deployment", "web", "/spec/template", "{}"), valueOf("Deployment", "web", "/spec/template/spec", "{}")), "values: spec.values[1]: deployments.apps/web: sets /spec/template/spec, and an earlier rule sets /spec/template: one is a part of the other"},
		"a rule that is broken":            {with(valueOf("ConfigMap", "app", "/data/x", "taget")), "values: spec.values[0].expression: Invalid value: \"taget\": column 1: undeclared reference to 'taget'"},
		"an object that is never restored": {with(valueOf("ConfigMap", "kube-root-ca.crt", "/data/x", "'x'")), "values: spec.values[0].target: the backup restores no ConfigMap kube-root-ca.crt"},
	} {
		t.Run(name, func(t *testing.T) {
			objects := maps.Clone(boundObjects)
			objects["configmaps/foo/kube-root-ca.crt"] = sample.Objects["configmaps/foo/kube-root-ca.crt"]
			_, err := compileRules(t, objects, test.rules)
			if !errors.Is(err, ErrValues) || !IsPermanent(err) || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

// The mapping of text moves a Secret's entry to stringData, which wins over data.
func TestValueInAMappedSecret(t *testing.T) {
	objects := map[string]string{
		"services/foo/web": boundObjects["services/foo/web"],
		"secrets/foo/db":   `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"db","namespace":"foo"},"data":{"url":"aHR0cDovL3dlYi5mb28uc3Zj","plain":"eA=="}}`, // http://web.foo.svc, x
	}
	compiled := mustCompileRules(t, objects, v1alpha1.BaselineRules{Values: []v1alpha1.BaselineValue{
		valueOf("Secret", "db", "/data/url", "original + '/' + target.name"), valueOf("Secret", "db", "/data/plain", "original + 'y'"), valueOf("Secret", "db", "/data/new", "'z'"),
	}})
	bound := compiled.Bind(t.Context(), &values.Target{Name: "bar"})
	sent := sentTo(t, bound, "secrets/db", "bar")
	if diff := cmp.Diff(map[string]any{"plain": "eHk=", "new": "eg=="}, sent["data"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{"url": "http://web.bar.svc/bar"}, sent["stringData"]); diff != "" {
		t.Error(diff)
	}
}

// A record lists so many left out objects only: beyond that, an object with a condition may be another one.
func TestHeldPlanOfACutRecord(t *testing.T) {
	compiled := mustCompileRules(t, boundObjects, appRules())
	held := v1alpha1.RevisionContent{ValuesHash: "x"}
	for i := range v1alpha1.MaxLeftOut {
		held.LeftOut = append(held.LeftOut, fmt.Sprintf("a/%02d", i))
	}
	target := &values.Target{Name: "bar", Labels: map[string]string{"tier": "x"}}
	if bound := compiled.BindHeld(t.Context(), target, held); bound.Holds("services/debug") || !bound.Holds("services/web") {
		t.Error("an object with a condition counts as held, or one without does not")
	}
}

// The defaults of an object that a namespace does not get are none of its Pods'.
func TestPodDefaultsOfLeftOutObjects(t *testing.T) {
	objects := map[string]string{
		"limitranges/foo/limits": `{"apiVersion":"v1","kind":"LimitRange","metadata":{"name":"limits","namespace":"foo"},"spec":{"limits":[{"type":"Container","default":{"cpu":"1"}}]}}`,
		"configmaps/foo/plain":   boundObjects["configmaps/foo/plain"],
	}
	compiled := mustCompileRules(t, objects, v1alpha1.BaselineRules{Include: []v1alpha1.BaselineInclude{{Target: v1alpha1.ObjectTarget{Kind: "LimitRange"}, Expression: "target.name != 'prod'"}}})
	none := func(string) bool { return false }
	if compiled.Bind(t.Context(), &values.Target{Name: "dev"}).PodDefaults(none) == nil || compiled.Bind(t.Context(), &values.Target{Name: "prod"}).PodDefaults(none) != nil {
		t.Error("the defaults do not follow the object")
	}
	if compiled.PodDefaults(compiled.IsConditional) != nil {
		t.Error("the Baseline demands defaults that some namespaces do not have")
	}
}

// A rule for all objects of a kind sets the field where its parent is, and warns of the others. The later of two rules wins.
func TestRuleForManyObjects(t *testing.T) {
	compiled := mustCompileRules(t, boundObjects, v1alpha1.BaselineRules{Values: []v1alpha1.BaselineValue{
		valueOf("*", "", "/metadata/labels/cost", "'all'"), valueOf("ConfigMap", "app", "/metadata/labels/cost", "'app'"), valueOf("*", "", "/spec/template/x", "'y'"),
	}})
	bound := compiled.Bind(t.Context(), &values.Target{Name: "bar"})
	for key, want := range map[string]string{"configmaps/plain": "all", "configmaps/app": "app", "services/debug": "all", "deployments.apps/web": "all"} {
		metadata, _ := sentTo(t, bound, key, "bar")["metadata"].(map[string]any)
		if labels, _ := metadata["labels"].(map[string]any); labels["cost"] != want {
			t.Errorf("%s has %v, want %s", key, metadata, want)
		}
	}
	both := mustCompileRules(t, boundObjects, v1alpha1.BaselineRules{Values: []v1alpha1.BaselineValue{
		valueOf("*", "", "/metadata/labels/team", "'t'"), valueOf("*", "", "/metadata/labels/cost", "'c'"), valueOf("*", "", "/metadata/annotations/a", "'x'"), valueOf("*", "", "/metadata/annotations/b", "'y'"),
	}})
	metadata, _ := sentTo(t, both.Bind(t.Context(), &values.Target{Name: "bar"}), "configmaps/plain", "bar")["metadata"].(map[string]any)
	if diff := cmp.Diff(map[string]any{"name": "plain", "labels": map[string]any{"team": "t", "cost": "c"}, "annotations": map[string]any{"a": "x", "b": "y"}}, metadata); diff != "" {
		t.Error(diff)
	}
	warnings, _ := compiled.Warnings()
	if want := "configmaps/plain: is not set by spec.values[2]: the backup's object has no /spec"; !strings.Contains(strings.Join(warnings, "\n"), want) {
		t.Errorf("the warnings are %q, want %q", warnings, want)
	}
}

func TestRulesAreAPartOfTheRevision(t *testing.T) {
	without, with := mustCompileRules(t, boundObjects, v1alpha1.BaselineRules{}), mustCompileRules(t, boundObjects, appRules())
	if a, b := without.Revision(nil), with.Revision(nil); a.Hash == b.Hash || a.ContentDigest == b.ContentDigest {
		t.Errorf("%+v and %+v", a, b)
	}
	first, again := with.Revision(nil), mustCompileRules(t, boundObjects, appRules()).Revision(nil)
	if first != again {
		t.Errorf("compiled twice, they are %+v and %+v", first, again)
	}
	if bound := with.Bind(t.Context(), &values.Target{Name: "bar"}); bound.Revision(nil) != first {
		t.Error("a bound plan has another revision")
	}
}

func TestDeltaOfBoundPlans(t *testing.T) {
	changed := maps.Clone(boundObjects)
	changed["configmaps/foo/plain"] = strings.ReplaceAll(changed["configmaps/foo/plain"], `"b"`, `"c"`)
	delete(changed, "services/foo/debug")
	rules := appRules()
	rules.Include = nil
	from, to := mustCompileRules(t, boundObjects, appRules()), mustCompileRules(t, changed, rules)
	shared := newDelta(from, to, 1<<20)
	target := &values.Target{Name: "bar", Labels: map[string]string{"tier": "gold"}}
	silver := &values.Target{Name: "bar", Labels: map[string]string{"tier": "silver"}}

	same := shared.Bind(from.Bind(t.Context(), target), to.Bind(t.Context(), target))
	plain, found := same.Find("configmaps/plain")
	if sharedPlain, _ := shared.Find("configmaps/plain"); same.Len() != 1 || !found || plain.Patch != sharedPlain.Patch {
		t.Errorf("%d changes; the patch of the object without rules is shared: %t", same.Len(), found)
	}
	if len(same.Removed()) != 1 || same.Removed()[0].Key != "services/debug" || same.Removed()[0].LeftOut != "" {
		t.Errorf("removed: %+v", same.Removed())
	}
	relabelled := shared.Bind(from.Bind(t.Context(), target), to.Bind(t.Context(), silver))
	if _, found := relabelled.Find("deployments.apps/web"); relabelled.Len() != 3 || !found {
		t.Errorf("%d changes", relabelled.Len())
	}
	prod := &values.Target{Name: "bar", Labels: map[string]string{"tier": "gold", "stage": "prod"}}
	left := newDelta(from, from, 1<<20).Bind(from.Bind(t.Context(), target), from.Bind(t.Context(), prod))
	if removed := left.Removed(); left.Len() != 0 || len(removed) != 1 || removed[0].LeftOut != "spec.include[0] is false in this namespace" {
		t.Errorf("%d changes, removed %+v", left.Len(), removed)
	}
	failing := newDelta(from, from, 1<<20).Bind(from.Bind(t.Context(), target), from.Bind(t.Context(), &values.Target{Name: "bar", Labels: map[string]string{"other": "x"}}))
	if _, found := failing.Find("configmaps/app"); !found {
		t.Error("an object whose value cannot be computed is not reported")
	}
	back := newDelta(from, from, 1<<20).Bind(from.Bind(t.Context(), prod), from.Bind(t.Context(), target))
	if change, _ := back.Find("services/debug"); back.Len() != 1 || !change.Added {
		t.Errorf("%d changes, %+v", back.Len(), change)
	}
}

func BenchmarkBind(b *testing.B) {
	compiled, err := Compiler{}.Compile(sample.Archive(b, boundObjects), Spec{Backup: "b", Source: "foo", Baseline: "web", Values: func() string { r := appRules(); return values.Encode(&r) }()})
	if err != nil {
		b.Fatal(err)
	}
	target := &values.Target{Name: "bar", Labels: map[string]string{"tier": "gold"}}
	b.ReportAllocs()
	for b.Loop() {
		compiled.Bind(b.Context(), target)
	}
}
