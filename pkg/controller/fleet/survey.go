package fleet

import (
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
)

// SurveyUpdate returns the namespaces that a rollout of a Baseline would update, sorted by name, and their number beside those that
// it would not. The Baseline may be another version of the stored one, with the revision to roll out in its status. The namespaces
// are shared with the cache and must not be changed.
func (r *Reconciler) SurveyUpdate(ctx context.Context, baseline *v1alpha1.Baseline) ([]*corev1.Namespace, *v1alpha1.FleetPreviewStatus, error) {
	all, err := r.readFleet(ctx)
	if err != nil {
		return nil, nil, err
	}
	for i := range all.baselines {
		if all.baselines[i].Name == baseline.Name {
			all.baselines[i] = *baseline
		}
	}
	counted := all.countAll()[baseline.Name]
	if counted == nil { // it was deleted meanwhile
		return nil, &v1alpha1.FleetPreviewStatus{}, nil
	}
	status := &v1alpha1.FleetPreviewStatus{}
	var outdated []*corev1.Namespace
	for i := range counted.holders {
		switch holder := &counted.holders[i]; {
		case holder.Incomplete:
			status.IncompleteNamespaces++
		case holder.State == policy.HolderOutdated:
			status.Namespaces++
			outdated = append(outdated, all.findNamespace(holder.Namespace))
		default:
			status.CurrentNamespaces++
		}
	}
	return outdated, status, nil
}

// findNamespace returns a namespace that can be populated.
func (f *fleet) findNamespace(name string) *corev1.Namespace {
	i, _ := slices.BinarySearchFunc(f.namespaces, name, func(n *corev1.Namespace, name string) int { return strings.Compare(n.Name, name) })
	return f.namespaces[i]
}
