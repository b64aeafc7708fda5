package audit

import (
	"slices"
	"testing"
	"testing/synctest"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
)

// Of a Required baseline, content with the values of the plan is compared once for all namespaces; content with the namespace's name once
// in each. Other content is read once in each: admission may have given it other values there.
func TestAuditComparesTheSameContentOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.contents[settings] = `{"data":{"injected":"by a webhook"}}`
		var holders []Holder
		for _, name := range []string{"team", "team-2", "team-3"} {
			holder := c.holder(v1alpha1.BaselineSpec{Enforcement: v1alpha1.EnforcementRequired})
			holder.Namespace = &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
			holders = append(holders, holder)
		}
		c.namespaces = []string{"team-2", "team-3"}
		a := &Auditor{Plans: c, Objects: c, Records: c, Clock: clock.RealClock{}}
		for range 2 {
			if _, err := a.Run(t.Context(), holders, "", func(*Holder) bool { return true }, nil); err != nil {
				t.Fatal(err)
			}
		}
		slices.Sort(c.compared)
		want := []string{settings, settings, settings, web, binding, binding, binding, account}
		if slices.Sort(want); !slices.Equal(c.compared, want) || !slices.Equal(c.read, []string{settings, settings, settings}) {
			t.Errorf("compared %q, want %q; read %q", c.compared, want, c.read)
		}
		if i := slices.IndexFunc(c.queries, func(query apply.ListQuery) bool { return !query.Content }); i >= 0 {
			t.Errorf("a list without content: %+v", c.queries[i])
		}
	})
}

// That an object is as Seedbed wrote it proves nothing about another one of the same content.
func TestAuditRemembersNoUntouchedContent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, a := newCluster(t), &Auditor{}
		c.contents[settings] = untouched
		holder := c.holder(v1alpha1.BaselineSpec{Enforcement: v1alpha1.EnforcementRequired})
		c.run(t, a, holder, true)
		c.compared = nil
		if c.run(t, a, holder, true); !slices.Equal(c.compared, []string{settings}) || len(c.read) > 0 {
			t.Errorf("compared %q again, read %q", c.compared, c.read)
		}
	})
}

// An object that is equal when it is read proves nothing about the one that was listed: a tenant could change it in between.
func TestAuditProvesOnlyWhatItHasRead(t *testing.T) {
	for name, test := range map[string]struct {
		enforcement v1alpha1.Enforcement
		list        func(c *fakeCluster)
		change      func(c *fakeCluster)
	}{
		"content": {
			enforcement: v1alpha1.EnforcementRequired,
			list:        func(c *fakeCluster) { c.contents[settings] = `{"data":{"a":"open"}}` },
			change:      func(c *fakeCluster) { c.contents[settings] = `{"data":{"a":"as it was"}}` },
		},
		"fields": {
			list:   func(c *fakeCluster) { c.listed[settings] = withFields(c.listed[settings], `{"f:data":{}}`) },
			change: func(c *fakeCluster) { c.listed[settings] = withFields(c.listed[settings], `{"f:data":{"f:a":{}}}`) },
		},
		"a version": {
			list: func(c *fakeCluster) {
				c.listed[settings] = managed(settings, "2", written, v1alpha1.FieldManager, "editor")
			},
			change: func(c *fakeCluster) {
				c.listed[settings] = managed(settings, "3", written, v1alpha1.FieldManager, "editor")
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, a := newCluster(t), &Auditor{}
				holder := c.holder(v1alpha1.BaselineSpec{Enforcement: test.enforcement})
				c.run(t, a, holder, true)
				test.list(c)
				c.onInspect = func() { test.change(c) }
				c.run(t, a, holder, true)
				c.onInspect, c.read = nil, nil
				test.list(c)
				if c.run(t, a, holder, true); !slices.Equal(c.read, []string{settings}) {
					t.Errorf("read %q in the next audit", c.read)
				}
				c.read = nil
				if c.run(t, a, holder, true); len(c.read) != 0 {
					t.Errorf("read %q after it was found equal", c.read)
				}
			})
		})
	}
}

// Objects with the same fields are read in one namespace, until one is found that does not differ.
func TestAuditReadsOneObjectOfThoseWithTheSameFields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		var holders []Holder
		for _, name := range []string{"team", "team-2", "team-3"} {
			holder := c.holder(v1alpha1.BaselineSpec{})
			holder.Namespace = &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
			holders = append(holders, holder)
		}
		c.namespaces = []string{"team", "team-2", "team-3"}
		a := &Auditor{Plans: c, Objects: c, Records: c, Clock: clock.RealClock{}}
		result, err := a.Run(t.Context(), holders, "", func(*Holder) bool { return true }, nil)
		if err != nil || result.Audited != 3 || len(c.read) != len(allKeys) {
			t.Errorf("%+v, %v; read %q", result, err, c.read)
		}
	})
}

func TestAuditOfARequiredBaselineIsExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		delete(c.listed, settings)
		c.run(t, &Auditor{}, c.holder(v1alpha1.BaselineSpec{Enforcement: v1alpha1.EnforcementRequired}), true)
		inspection := c.inspections[settings]
		if !inspection.Exact || !inspection.WrittenBefore.Equal(written.Add(clockSkew)) {
			t.Errorf("inspection %+v", inspection)
		}
	})
}
