package restore

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

func TestQuotaMayRefuse(t *testing.T) {
	for name, test := range map[string]struct {
		bound, hard, used string
		added             map[string]int64
		want              bool
	}{
		"room for one":            {"count/configmaps", "3", "2", map[string]int64{"configmaps": 1}, false},
		"room for one, and two":   {"count/configmaps", "3", "2", map[string]int64{"configmaps": 2}, true},
		"the old name":            {"configmaps", "3", "3", map[string]int64{"configmaps": 1}, true},
		"another kind":            {"count/secrets", "0", "0", map[string]int64{"configmaps": 1}, false},
		"of a group":              {"count/deployments.apps", "1", "1", map[string]int64{"deployments.apps": 1}, true},
		"of a group, no old name": {"deployments.apps", "0", "0", map[string]int64{"deployments.apps": 1}, false},
		"counted by other fields": {"requests.cpu", "1", "0", map[string]int64{"pods": 1}, true},
	} {
		t.Run(name, func(t *testing.T) {
			quota := &corev1.ResourceQuota{
				Spec:   corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{corev1.ResourceName(test.bound): resource.MustParse(test.hard)}},
				Status: corev1.ResourceQuotaStatus{Used: corev1.ResourceList{corev1.ResourceName(test.bound): resource.MustParse(test.used)}},
			}
			if got := mayRefuse(quota, test.added); got != test.want {
				t.Errorf("%v", got)
			}
		})
	}
}
