package preview

import (
	"cmp"
	"context"
	"errors"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/restore"
)

// sampled is the number of namespaces of a group whose update is tried.
const sampled = 3

// namespaceGroup has namespaces that an update treats alike, sorted by name; or those of which each is tried.
type namespaceGroup struct {
	namespaces []*corev1.Namespace
	every      bool
}

// sample returns the namespaces to try first: the first, the last and those evenly between them.
func (g *namespaceGroup) sample() []*corev1.Namespace {
	if g.every || len(g.namespaces) <= sampled {
		return g.namespaces
	}
	var sample []*corev1.Namespace
	for i := range sampled {
		sample = append(sample, g.namespaces[i*(len(g.namespaces)-1)/(sampled-1)])
	}
	return sample
}

// rest returns the namespaces that are not in the sample.
func (g *namespaceGroup) rest() []*corev1.Namespace {
	sample := g.sample()
	if len(sample) == len(g.namespaces) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(g.namespaces), func(n *corev1.Namespace) bool { return slices.Contains(sample, n) })
}

// groupKey identifies a group: the revision that its namespaces hold, and what the metadata of their objects shows.
type groupKey struct {
	from  string
	alike uint64
}

// groupNamespaces groups the namespaces that an update treats alike. The first group has those of which each is tried.
func (f *fleetPreview) groupNamespaces(ctx context.Context, namespaces []*corev1.Namespace) ([]*namespaceGroup, error) {
	single := &namespaceGroup{every: true}
	if f.all {
		single.namespaces = namespaces
		return []*namespaceGroup{single}, nil
	}
	likeness := map[string]*restore.Likeness{}
	alike := map[groupKey]*namespaceGroup{}
	for _, namespace := range namespaces {
		task, err := f.newTask(ctx, namespace)
		if err != nil {
			return nil, err
		}
		if task.Transition == nil || len(task.HeldBeside) > 0 {
			single.namespaces = append(single.namespaces, namespace)
			continue
		}
		from := task.Transition.From
		if _, known := likeness[from.Hash]; !known {
			if likeness[from.Hash], err = f.compareNamespaces(ctx, task, from); err != nil {
				return nil, err
			}
		}
		of := likeness[from.Hash]
		if of == nil {
			single.namespaces = append(single.namespaces, namespace)
			continue
		}
		group, alone := of.Group(namespace.Name)
		if alone {
			single.namespaces = append(single.namespaces, namespace)
			continue
		}
		key := groupKey{from.Hash, group}
		if alike[key] == nil {
			alike[key] = &namespaceGroup{}
		}
		alike[key].namespaces = append(alike[key].namespaces, namespace)
	}
	groups := []*namespaceGroup{single}
	for _, group := range alike {
		groups = append(groups, group)
	}
	slices.SortFunc(groups[1:], func(a, b *namespaceGroup) int { return cmp.Compare(a.namespaces[0].Name, b.namespaces[0].Name) })
	return groups, nil
}

// compareNamespaces returns the likeness of namespaces that hold a revision; nil if its content is gone, so that nothing is known.
func (f *fleetPreview) compareNamespaces(ctx context.Context, task *restore.Task, from v1alpha1.RevisionContent) (*restore.Likeness, error) {
	likeness, err := f.Forecaster.CompareNamespaces(ctx, task, from)
	if errors.Is(err, plan.ErrContent) {
		return nil, nil
	}
	return likeness, err
}

// sameForecast returns the forecast if all are equal, object by object with the reasons; nil if they are not.
func sameForecast(forecasts []*restore.Forecast) *restore.Forecast {
	for _, forecast := range forecasts {
		if forecast == nil || !slices.Equal(forecast.Items, forecasts[0].Items) {
			return nil
		}
	}
	return forecasts[0]
}
