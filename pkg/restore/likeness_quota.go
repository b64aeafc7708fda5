package restore

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// quotaPage is the number of ResourceQuotas of one page.
const quotaPage = 500

// traceQuotas marks the namespaces alone whose quota may refuse the objects that an update adds. added counts them by resource.
func (r *Runner) traceQuotas(ctx context.Context, likeness *Likeness, added map[string]int64) error {
	var quotas corev1.ResourceQuotaList
	for {
		if err := r.Live.List(ctx, &quotas, client.Limit(quotaPage), client.Continue(quotas.Continue)); err != nil {
			return fmt.Errorf("listing resourcequotas in all namespaces: %w", err)
		}
		for i := range quotas.Items {
			if mayRefuse(&quotas.Items[i], added) {
				of := likeness.namespaces[quotas.Items[i].Namespace]
				of.alone = true
				likeness.namespaces[quotas.Items[i].Namespace] = of
			}
		}
		if quotas.Continue == "" {
			return nil
		}
	}
}

// mayRefuse reports whether a quota has too little room for the objects, or counts what they ask for.
func mayRefuse(quota *corev1.ResourceQuota, added map[string]int64) bool {
	for resource, count := range added {
		names := []string{"count/" + resource}
		switch {
		case resource == "pods", resource == "persistentvolumeclaims", resource == "services": // counted by their fields, too
			return true
		case !strings.Contains(resource, "."): // the names from before count/
			names = append(names, resource)
		}
		for _, name := range names {
			hard, isBound := quota.Spec.Hard[corev1.ResourceName(name)]
			used := quota.Status.Used[corev1.ResourceName(name)]
			if isBound && used.Value()+count > hard.Value() {
				return true
			}
		}
	}
	return false
}
