package plan

import (
	"maps"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedbed.dev/seedbed/test/sample"
)

const (
	settingsOf = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"foo"},"data":{"a":"c"}}`
	limitsOf   = `{"apiVersion":"v1","kind":"LimitRange","metadata":{"name":"limits","namespace":"foo"},"spec":{"limits":[{"type":"Container","default":{"cpu":"1"}}]}}`
	accountOf  = `{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"app","namespace":"foo"},"imagePullSecrets":[{"name":"pull"}]}`
)

// deltaSummary is a delta in words: stages of "key", "key added" or "key unpatched".
type deltaSummary struct {
	Changes     [][]string
	Removed     []string
	PodDefaults bool
}

func TestDelta(t *testing.T) {
	tests := map[string]struct {
		// changed entries of the sample's archive; empty content removes one.
		old, new map[string]string
		text     bool
		want     deltaSummary
	}{
		"the same archive": {},
		"fields that are never restored": {
			new: map[string]string{"configmaps/foo/settings": `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"foo","uid":"2","resourceVersion":"7"},"data":{"a":"b"}}`},
		},
		"a skipped object":                     {new: map[string]string{"configmaps/foo/kube-root-ca.crt": ""}},
		"another mapping that changes nothing": {text: true},
		"a changed object":                     {new: map[string]string{"configmaps/foo/settings": settingsOf}, want: deltaSummary{Changes: [][]string{{"configmaps/settings"}}}},
		"added objects, by stage and key": {
			old:  map[string]string{"deployments.apps/foo/web": "", "configmaps/foo/settings": ""},
			want: deltaSummary{Changes: [][]string{{"configmaps/settings added"}, {"deployments.apps/web added"}}},
		},
		"removed objects, in reverse": {
			new:  map[string]string{"deployments.apps/foo/web": "", "configmaps/foo/settings": "", "serviceaccounts/foo/app": ""},
			want: deltaSummary{Removed: []string{"deployments.apps/web", "serviceaccounts/app", "configmaps/settings"}},
		},
		"an object that a rule leaves out now": {
			new: map[string]string{"configmaps/foo/settings": `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"foo","ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":"web","controller":true,"uid":"1"}]},"data":{"a":"c"}}`,
				"deployments.apps/foo/web": `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"foo","uid":"1"},"spec":{}}`},
		},
		"a ServiceAccount gets pull secrets": {
			new:  map[string]string{"serviceaccounts/foo/app": accountOf},
			want: deltaSummary{Changes: [][]string{{"serviceaccounts/app unpatched"}}, PodDefaults: true},
		},
		"a ServiceAccount loses its pull secrets": {
			old:  map[string]string{"serviceaccounts/foo/app": accountOf},
			want: deltaSummary{Changes: [][]string{{"serviceaccounts/app unpatched"}}, PodDefaults: true},
		},
		"a LimitRange is added": {
			new:  map[string]string{"limitranges/foo/limits": limitsOf},
			want: deltaSummary{Changes: [][]string{{"limitranges/limits added"}}, PodDefaults: true},
		},
		"a LimitRange is removed": {
			old:  map[string]string{"limitranges/foo/limits": limitsOf},
			want: deltaSummary{Removed: []string{"limitranges/limits"}, PodDefaults: true},
		},
		"a LimitRange stays": {
			old:  map[string]string{"limitranges/foo/limits": limitsOf},
			new:  map[string]string{"limitranges/foo/limits": limitsOf, "configmaps/foo/settings": settingsOf},
			want: deltaSummary{Changes: [][]string{{"configmaps/settings"}}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			from, to := planOf(t, test.old, Spec{Backup: "b", Digest: "d"}), planOf(t, test.new, Spec{Backup: "c", Digest: "e", Text: test.text})
			delta := newDelta(from, to, math.MaxInt64)
			if diff := cmp.Diff(test.want, summarize(delta)); diff != "" {
				t.Error(diff)
			}
			empty := len(test.want.Changes)+len(test.want.Removed) == 0
			if empty != (delta.Size() == 0) {
				t.Errorf("it takes %d bytes", delta.Size())
			}
			for _, changes := range delta.Changes() {
				for _, change := range changes {
					if found, ok := delta.Find(change.Object.Key); !ok || found.Patch != change.Patch {
						t.Errorf("%s is not found", change.Object.Key)
					}
				}
			}
			if _, found := delta.Find("configmaps/absent"); found {
				t.Error("an object is found that neither plan has")
			}
		})
	}
}

func TestDeltaHasNoPatchBetweenVersions(t *testing.T) {
	from, to := planOf(t, nil, Spec{}), planOf(t, nil, Spec{})
	from.stages[0][0].Kind.Version = "v1beta1"
	if diff := cmp.Diff(deltaSummary{Changes: [][]string{{"configmaps/settings unpatched"}}}, summarize(newDelta(from, to, math.MaxInt64))); diff != "" {
		t.Error(diff)
	}
}

func TestDeltaBoundsItsPatches(t *testing.T) {
	from, to := planOf(t, nil, Spec{}), planOf(t, map[string]string{"configmaps/foo/settings": settingsOf}, Spec{})
	size := newDelta(from, to, math.MaxInt64).changes[0][0].Patch.Size()
	if newDelta(from, to, size).changes[0][0].Patch == nil {
		t.Error("a patch that fits is left out")
	}
	if got := newDelta(from, to, size-1); got.changes[0][0].Patch != nil || got.Len() != 1 {
		t.Errorf("%d changes, one with a patch that does not fit", got.Len())
	}
}

func TestPlanFind(t *testing.T) {
	plan := planOf(t, nil, Spec{})
	for _, stage := range plan.Stages() {
		for _, object := range stage {
			if found, ok := plan.Find(object.Key); !ok || found.Key != object.Key {
				t.Errorf("%s is not found", object.Key)
			}
		}
	}
	for _, key := range []string{"configmaps/kube-root-ca.crt", "configmaps/absent", ""} {
		if _, found := plan.Find(key); found || plan.Holds(key) {
			t.Errorf("%q is found", key)
		}
	}
}

// planOf returns the plan of the sample with some entries of its archive changed; empty content removes one.
func planOf(t *testing.T, changed map[string]string, spec Spec) *Plan {
	t.Helper()
	plan, err := Compiler{}.Compile(sample.Archive(t, sampleWith(changed)), spec)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func sampleWith(changed map[string]string) map[string]string {
	objects := maps.Clone(sample.Objects)
	maps.Copy(objects, changed)
	maps.DeleteFunc(objects, func(_, content string) bool { return content == "" })
	return objects
}

func summarize(delta *Delta) deltaSummary {
	summary := deltaSummary{PodDefaults: delta.ChangesPodDefaults()}
	for _, removal := range delta.Removed() {
		key := removal.Key
		if removal.Keep != "" {
			key += " never pruned"
		}
		summary.Removed = append(summary.Removed, key)
	}
	for _, changes := range delta.Changes() {
		var keys []string
		for _, change := range changes {
			switch {
			case change.Added:
				keys = append(keys, change.Object.Key+" added")
			case change.Patch == nil:
				keys = append(keys, change.Object.Key+" unpatched")
			default:
				keys = append(keys, change.Object.Key)
			}
		}
		summary.Changes = append(summary.Changes, keys)
	}
	return summary
}
