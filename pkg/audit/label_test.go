package audit

import (
	"slices"
	"testing"
	"testing/synctest"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// The objects of a protected baseline get its label, in every namespace that should hold it and in no other.
func TestAuditLabelsProtectedObjects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, a := newCluster(t), &Auditor{}
		holder := c.holder(v1alpha1.BaselineSpec{Enforcement: v1alpha1.EnforcementRequired, Drift: v1alpha1.DriftDeny})
		requireLabelled := func(want ...string) {
			t.Helper()
			c.labelled = nil
			result, found := c.run(t, a, holder, true)
			slices.Sort(c.labelled)
			if !slices.Equal(c.labelled, want) || result.Labelled != len(want) || len(found) != 0 {
				t.Errorf("labelled %q, want %q; %+v, found %q", c.labelled, want, result, found)
			}
		}
		requireLabelled(settings+"=web", web+"=web", binding+"=web", account+"=web")
		requireLabelled()
		holder.Baseline.Spec.DriftIgnore = []v1alpha1.DriftIgnoreRule{{Group: "apps", Kind: "Deployment", Paths: []string{"/spec/replicas"}}}
		requireLabelled(web + "=") // others may write it
		holder.Baseline.Spec.DriftIgnore = nil
		requireLabelled(web + "=web")
		dropped := managed("configmaps/of-an-earlier-revision", "1", written, v1alpha1.FieldManager)
		dropped.Labels[v1alpha1.LabelProtected] = "web"
		c.dropped = []metav1.PartialObjectMetadata{dropped}
		requireLabelled("of-an-earlier-revision=")
		holder.Released = true
		requireLabelled(settings+"=", web+"=", binding+"=", account+"=")
		holder.Released = false
		requireLabelled(settings+"=web", web+"=web", binding+"=web", account+"=web")
		holder.Baseline.Spec.Drift = v1alpha1.DriftCorrect
		requireLabelled(settings+"=", web+"=", binding+"=", account+"=")
	})
}
