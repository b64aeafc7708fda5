package audit

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/test/sample"
)

// The keys of the objects of the sample backup that an audit expects.
const (
	settings = "configmaps/settings"
	account  = "serviceaccounts/app"
	binding  = "rolebindings.rbac.authorization.k8s.io/app"
	web      = "deployments.apps/web"
)

var allKeys = []string{settings, web, binding, account}

// fakeCluster has the metadata of objects by key, and what comparing them finds. It counts the objects that are read.
type fakeCluster struct {
	plan *plan.Plan
	// listed are the objects of each namespace.
	listed     map[string]metav1.PartialObjectMetadata
	namespaces []string // "team" if it is empty
	drifts     map[string]apply.Drift
	// refused are the kinds that cannot be listed.
	refused []string
	record  *v1alpha1.BaselineRecord
	// dropped are ConfigMaps that the plan lacks.
	dropped []metav1.PartialObjectMetadata
	// contents are those of objects that differ in their values.
	contents map[string]string

	mu          sync.Mutex // of Inspect
	read        []string
	compared    []string
	labelled    []string
	recordReads int
	inspections map[string]apply.Inspection
	onInspect   func()
	queries     []apply.ListQuery
}

func (c *fakeCluster) Get(context.Context, plan.Spec) (*plan.Plan, error) { return c.plan, nil }

func (c *fakeCluster) List(_ context.Context, kind schema.GroupVersionKind, query apply.ListQuery, visit apply.Visit, endPage func() error) error {
	c.queries = append(c.queries, query)
	time.Sleep(time.Second) // by the bubble's clock
	if slices.Contains(c.refused, kind.Kind) {
		return errors.New("the group is down")
	}
	for _, stage := range c.plan.Stages() {
		for _, object := range stage {
			live, found := c.listed[object.Key]
			if !found || object.Kind != kind {
				continue
			}
			var content []byte
			if query.Content {
				content = []byte(cmp.Or(c.contents[object.Key], "{}"))
			}
			visit(&live, content)
			for _, namespace := range c.namespaces {
				live.Namespace = namespace
				visit(&live, content)
			}
		}
	}
	for i := range c.dropped {
		if kind.Kind == "ConfigMap" {
			visit(&c.dropped[i], nil)
		}
	}
	return endPage()
}

func (c *fakeCluster) Matches(_ context.Context, _ apply.Target, object manifest.Object, content []byte, _ apply.Inspection) apply.Match {
	c.compared = append(c.compared, object.Key)
	switch string(content) {
	case untouched:
		return apply.Untouched
	case c.contents[object.Key]:
		return apply.Differs
	default:
		return apply.Same
	}
}

// untouched is the content of an object that a webhook changed while Seedbed wrote it.
const untouched = `{"data":{"by":"a webhook"}}`

func (c *fakeCluster) Protect(_ context.Context, _ apply.Target, object manifest.Object, label, value string) (bool, error) {
	c.setLabel(object.Key, label, value)
	return true, nil
}

func (c *fakeCluster) Unprotect(_ context.Context, object apply.Named, label, _ string) (bool, error) {
	for key := range c.listed {
		if strings.HasSuffix(key, "/"+object.Name) && strings.HasPrefix(key, strings.ToLower(object.Kind.Kind)) {
			c.setLabel(key, label, "")
			return true, nil
		}
	}
	c.labelled, c.dropped = append(c.labelled, object.Name+"="), nil
	return true, nil
}

// setLabel sets a label of an object, or removes it if the value is empty.
func (c *fakeCluster) setLabel(key, label, value string) {
	live := c.listed[key]
	live.Labels = maps.Clone(live.Labels)
	c.labelled = append(c.labelled, key+"="+value)
	if live.Labels[label] = value; value == "" {
		delete(live.Labels, label)
	}
	c.listed[key] = live
}

func (c *fakeCluster) Inspect(_ context.Context, target apply.Target, object manifest.Object, inspection apply.Inspection) apply.Drift {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read = append(c.read, object.Key)
	if c.inspections == nil {
		c.inspections = map[string]apply.Inspection{}
	}
	c.inspections[object.Key] = inspection
	if c.onInspect != nil {
		c.onInspect()
	}
	drift, live := c.drifts[object.Key], c.listed[object.Key]
	drift.Key, drift.Read = object.Key, apply.Reading{
		ResourceVersion: live.ResourceVersion, Fields: apply.HashFields(live.ManagedFields, v1alpha1.FieldManager),
		Content: apply.HashContent([]byte(cmp.Or(c.contents[object.Key], "{}")), target.Namespace),
	}
	return drift
}

func (c *fakeCluster) Read(context.Context, *corev1.Namespace, string) (*v1alpha1.BaselineRecord, error) {
	c.recordReads++
	return c.record, nil
}

var written = time.Date(2026, 11, 30, 11, 0, 0, 0, time.UTC)

// managed returns the metadata of an object that managers have written.
func managed(key, version string, at time.Time, managers ...string) metav1.PartialObjectMetadata {
	_, name, _ := strings.Cut(key, "/")
	live := metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
		Namespace: "team", Name: name, UID: types.UID(key), ResourceVersion: version, Labels: map[string]string{v1alpha1.LabelBaseline: "web"},
	}}
	for _, manager := range managers {
		live.ManagedFields = append(live.ManagedFields, metav1.ManagedFieldsEntry{Manager: manager, Operation: metav1.ManagedFieldsOperationUpdate, Time: &metav1.Time{Time: at}})
	}
	return live
}

// withFields returns the metadata of an object with other fields of its first manager.
func withFields(live metav1.PartialObjectMetadata, fields string) metav1.PartialObjectMetadata {
	live.ManagedFields = slices.Clone(live.ManagedFields)
	live.ManagedFields[0].FieldsV1 = metav1.NewFieldsV1(fields)
	return live
}

// newCluster returns a cluster in which every object is as Seedbed wrote it.
func newCluster(t *testing.T) *fakeCluster {
	t.Helper()
	compiled, err := plan.Compiler{}.Compile(sample.Archive(t, sample.Objects), plan.Spec{Backup: "b", Digest: "d"})
	if err != nil {
		t.Fatal(err)
	}
	c := &fakeCluster{plan: compiled, listed: map[string]metav1.PartialObjectMetadata{}, drifts: map[string]apply.Drift{}, contents: map[string]string{}}
	for _, key := range allKeys {
		c.listed[key] = managed(key, "1", written, v1alpha1.FieldManager)
	}
	c.record = &v1alpha1.BaselineRecord{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "web", UID: "record", ResourceVersion: "7"},
		Result:     v1alpha1.RestoreResult{Phase: v1alpha1.PhaseCompleted, Backup: "b", Digest: "d"},
	}
	for _, key := range allKeys {
		c.record.Result.Objects = append(c.record.Result.Objects, v1alpha1.ObjectResult{Object: key, Result: v1alpha1.ResultCreated})
	}
	return c
}

// holder returns the only holder of the cluster.
func (c *fakeCluster) holder(spec v1alpha1.BaselineSpec) Holder {
	return Holder{
		Namespace: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "team"}}, Record: c.record, WrittenAt: written,
		Baseline: &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "web", Generation: 1}, Spec: spec},
	}
}

// keep changes the recorded result of an object.
func (c *fakeCluster) keep(key string, result v1alpha1.Result) {
	for i := range c.record.Result.Objects {
		if c.record.Result.Objects[i].Object == key {
			c.record.Result.Objects[i].Result = result
		}
	}
}

// run makes one audit by the bubble's clock, and returns the objects that differ.
func (c *fakeCluster) run(t *testing.T, a *Auditor, holder Holder, isCurrent bool) (Result, []string) {
	t.Helper()
	a.Plans, a.Objects, a.Records, a.Clock = c, c, c, clock.RealClock{}
	var differing []string
	result, err := a.Run(t.Context(), []Holder{holder}, "", func(*Holder) bool { return isCurrent }, func(_ context.Context, finding Finding) error {
		for _, object := range finding.Objects {
			differing = append(differing, object.String())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return result, differing
}

func TestAuditReadsOnlyWhatOthersMayHaveWritten(t *testing.T) {
	required := v1alpha1.BaselineSpec{Enforcement: v1alpha1.EnforcementRequired}
	missing := apply.Drift{State: apply.DriftMissing}
	tests := map[string]struct {
		edit    func(c *fakeCluster)
		spec    v1alpha1.BaselineSpec
		changed bool // the record has changed meanwhile
		read    []string
		found   []string
		result  Result
	}{
		"as Seedbed left it": {result: Result{Audited: 1}},
		"written through a subresource": {
			edit: func(c *fakeCluster) {
				live := managed(web, "2", written.Add(time.Hour), v1alpha1.FieldManager, "hpa")
				live.ManagedFields[0].Time, live.ManagedFields[1].Subresource = &metav1.Time{Time: written}, "scale"
				c.listed[web] = live
			}, result: Result{Audited: 1},
		},
		"changed by another manager": {
			edit: func(c *fakeCluster) {
				c.listed[settings] = managed(settings, "2", written, v1alpha1.FieldManager, "kubectl-edit")
				c.drifts[settings] = apply.Drift{State: apply.DriftChanged, Reason: "data.a was changed by kubectl-edit", Managers: "kubectl-edit"}
			}, read: []string{settings}, found: []string{settings + ": Changed: data.a was changed by kubectl-edit"}, result: Result{Audited: 1, Drifted: 1},
		},
		"without a field that was removed": {
			edit: func(c *fakeCluster) {
				c.listed[settings] = withFields(c.listed[settings], `{"f:data":{}}`)
				c.drifts[settings] = apply.Drift{State: apply.DriftChanged, Reason: "data.a was removed"}
			}, read: []string{settings}, found: []string{settings + ": Changed: data.a was removed"}, result: Result{Audited: 1, Drifted: 1},
		},
		"with fields that admission gave it": {
			edit: func(c *fakeCluster) {
				c.listed[settings] = withFields(c.listed[settings], `{"f:data":{"f:a":{},"f:injected":{}}}`)
			},
			read: []string{settings}, result: Result{Audited: 1},
		},
		"written by another manager, and equal": {
			edit: func(c *fakeCluster) {
				c.listed[settings] = managed(settings, "2", written, v1alpha1.FieldManager, "kube-controller-manager")
			},
			read: []string{settings}, result: Result{Audited: 1},
		},
		"within the difference of the clocks": {
			edit: func(c *fakeCluster) {
				c.listed[settings] = managed(settings, "2", written.Add(clockSkew), v1alpha1.FieldManager)
			}, result: Result{Audited: 1},
		},
		"written under Seedbed's name, later": {
			edit: func(c *fakeCluster) {
				c.listed[settings] = managed(settings, "2", written.Add(time.Minute), v1alpha1.FieldManager)
			},
			read: []string{settings}, result: Result{Audited: 1},
		},
		"without managers": {
			edit: func(c *fakeCluster) { c.listed[settings] = managed(settings, "2", written) }, read: []string{settings}, result: Result{Audited: 1},
		},
		"deleted": {
			edit: func(c *fakeCluster) { delete(c.listed, settings); c.drifts[settings] = missing },
			read: []string{settings}, found: []string{settings + ": Missing"}, result: Result{Audited: 1, Drifted: 1},
		},
		"not listed, and there": {edit: func(c *fakeCluster) { delete(c.listed, settings) }, read: []string{settings}, result: Result{Audited: 1}},
		"being deleted": {
			edit: func(c *fakeCluster) {
				live := managed(settings, "2", written, "kubectl")
				live.DeletionTimestamp = &metav1.Time{Time: written}
				c.listed[settings] = live
			}, result: Result{Audited: 1},
		},
		"being deleted, of a Required baseline": {
			edit: func(c *fakeCluster) {
				live := managed(settings, "2", written, "kubectl")
				live.DeletionTimestamp = &metav1.Time{Time: written}
				c.listed[settings], c.contents[settings] = live, `{"data":{"a":"x"}}`
				c.drifts[settings] = apply.Drift{State: apply.DriftChanged}
			}, spec: required, read: []string{settings}, found: []string{settings + ": Changed"}, result: Result{Audited: 1, Drifted: 1},
		},
		"of a kind that cannot be listed": {
			edit: func(c *fakeCluster) {
				c.refused = []string{"ConfigMap"}
				delete(c.listed, settings)
				c.drifts[settings] = missing
			}, result: Result{Audited: 1, Failed: []string{"configmap"}},
		},
		"left alone by the restore": {
			edit: func(c *fakeCluster) {
				c.keep(settings, v1alpha1.ResultKept)
				delete(c.listed, settings)
				c.drifts[settings] = missing
			}, result: Result{Audited: 1},
		},
		"left alone by the restore, and labelled": {
			edit: func(c *fakeCluster) {
				c.keep(settings, v1alpha1.ResultKept)
				c.listed[settings] = managed(settings, "2", written, "kubectl")
				c.drifts[settings] = apply.Drift{State: apply.DriftChanged}
			}, result: Result{Audited: 1},
		},
		"the tenant's own from before, deleted": {
			edit: func(c *fakeCluster) {
				c.keep(settings, v1alpha1.ResultUnchanged)
				delete(c.listed, settings)
				c.drifts[settings] = missing
			}, result: Result{Audited: 1},
		},
		"the tenant's own from before, deleted, of a Required baseline": {
			edit: func(c *fakeCluster) {
				c.keep(settings, v1alpha1.ResultUnchanged)
				delete(c.listed, settings)
				c.drifts[settings] = missing
			}, spec: required, read: []string{settings}, found: []string{settings + ": Missing"}, result: Result{Audited: 1, Drifted: 1},
		},
		"not listed in a long record": {
			edit: func(c *fakeCluster) {
				c.record.Result.Objects, c.record.Result.OmittedObjects = nil, 4
				delete(c.listed, settings)
				c.drifts[settings] = missing
			}, result: Result{Audited: 1},
		},
		"without the label": {
			edit: func(c *fakeCluster) {
				delete(c.listed, settings)
				c.drifts[settings] = apply.Drift{State: apply.DriftDisowned, Reason: "lacks the label"}
			}, read: []string{settings}, result: Result{Audited: 1},
		},
		"without the label, of a Required baseline": {
			edit: func(c *fakeCluster) {
				delete(c.listed, settings)
				c.drifts[settings] = apply.Drift{State: apply.DriftDisowned, Reason: "lacks the label"}
			}, spec: required, read: []string{settings}, found: []string{settings + ": Disowned: lacks the label"}, result: Result{Audited: 1, Drifted: 1},
		},
		"changed behind managers set by hand, of a Required baseline": {
			edit: func(c *fakeCluster) {
				c.contents[settings] = `{"data":{"a":"x"}}`
				c.drifts[settings] = apply.Drift{State: apply.DriftChanged, Reason: "data.a was changed by an unknown manager"}
			}, spec: required, read: []string{settings}, found: []string{settings + ": Changed: data.a was changed by an unknown manager"}, result: Result{Audited: 1, Drifted: 1},
		},
		"as a webhook makes it, of a Required baseline": {
			edit: func(c *fakeCluster) { c.contents[settings] = `{"data":{"a":"x"}}` }, spec: required, read: []string{settings}, result: Result{Audited: 1},
		},
		"written by another manager, and equal, of a Required baseline": {
			edit: func(c *fakeCluster) {
				c.listed[settings] = managed(settings, "2", written, v1alpha1.FieldManager, "kube-controller-manager")
			}, spec: required, result: Result{Audited: 1},
		},
		"a copy of the labels": {
			edit: func(c *fakeCluster) {
				c.listed["configmaps/child"] = managed("configmaps/child", "1", written, "operator")
			},
			result: Result{Audited: 1},
		},
		"ignored": {
			edit:   func(c *fakeCluster) { delete(c.listed, settings); c.drifts[settings] = missing },
			spec:   v1alpha1.BaselineSpec{DriftIgnore: []v1alpha1.DriftIgnoreRule{{Kind: "ConfigMap"}}},
			result: Result{Audited: 1},
		},
		"restored meanwhile": {
			edit: func(c *fakeCluster) { delete(c.listed, settings); c.drifts[settings] = missing }, changed: true,
			read: []string{settings}, result: Result{Skipped: 1},
		},
		"not to be read": {
			edit: func(c *fakeCluster) {
				delete(c.listed, settings)
				c.drifts[settings] = apply.Drift{Err: errors.New("timeout")}
			}, read: []string{settings}, result: Result{Skipped: 1},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, a := newCluster(t), &Auditor{}
				c.run(t, a, c.holder(test.spec), true) // which knows the fields then
				c.read = nil
				if test.edit != nil {
					test.edit(c)
					c.record.ResourceVersion = "8"
				}
				result, found := c.run(t, a, c.holder(test.spec), !test.changed)
				result.Worked, result.Incomplete = 0, false
				if diff := gocmp.Diff(test.result, result); diff != "" {
					t.Errorf("result (want, got): %s", diff)
				}
				if !slices.Equal(c.read, test.read) || !slices.Equal(found, test.found) && !test.changed {
					t.Errorf("read %q, found %q; want %q and %q", c.read, found, test.read, test.found)
				}
			})
		})
	}
}

// An object that others have written and that is equal, as the controller manager's annotations leave many, is read once.
func TestAuditRemembersEqualVersions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, a := newCluster(t), &Auditor{}
		c.listed[settings] = managed(settings, "2", written, v1alpha1.FieldManager, "kube-controller-manager")
		holder := c.holder(v1alpha1.BaselineSpec{})
		for range 3 {
			c.run(t, a, holder, true)
		}
		if len(c.read) != len(allKeys) || c.recordReads != 1 {
			t.Errorf("three audits read %d objects, and the record %d times", len(c.read), c.recordReads)
		}
		c.read = nil
		c.listed[settings] = managed(settings, "3", written, v1alpha1.FieldManager, "kube-controller-manager")
		c.run(t, a, holder, true)
		holder.Baseline = holder.Baseline.DeepCopy()
		holder.Baseline.Generation++
		c.run(t, a, holder, true)
		if len(c.read) != 1+len(allKeys) {
			t.Errorf("another version and another spec: read %q", c.read)
		}
	})
}

func TestAuditRestsAsLongAsItWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		began := time.Now()
		result, _ := c.run(t, &Auditor{}, c.holder(v1alpha1.BaselineSpec{}), true)
		if took := time.Since(began); result.Worked != 4*time.Second || took != 8*time.Second {
			t.Errorf("four lists of a second each: worked for %s, took %s", result.Worked, took)
		}
	})
}

// A namespace whose recorded drift is over is a finding too.
func TestAuditFindsThatADriftIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.record.Drift = &v1alpha1.RecordedDrift{Count: 1}
		a := &Auditor{Plans: c, Objects: c, Records: c, Clock: clock.RealClock{}}
		found := 0
		_, err := a.Run(t.Context(), []Holder{c.holder(v1alpha1.BaselineSpec{})}, "web", func(*Holder) bool { return true }, func(context.Context, Finding) error {
			found++
			return nil
		})
		if err != nil || found != 1 || !slices.ContainsFunc(c.queries, func(query apply.ListQuery) bool {
			return query.Labels == v1alpha1.LabelBaseline+"=web" && !query.Content
		}) {
			t.Errorf("%v; found %d; queries %+v", err, found, c.queries)
		}
	})
}

func TestAuditEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		delete(c.listed, settings)
		ctx, cancel := context.WithCancel(t.Context())
		c.onInspect = cancel
		a := &Auditor{Plans: c, Objects: c, Records: c, Clock: clock.RealClock{}}
		_, err := a.Run(ctx, []Holder{c.holder(v1alpha1.BaselineSpec{})}, "", func(*Holder) bool { return true }, nil)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want %v", err, context.Canceled)
		}
	})
}
