//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// lookEvery is the interval between two lists of a load's hundreds of namespaces.
const lookEvery = time.Second / 2

// awaitPopulated waits until every namespace of the load reports that it is populated, and then checks the content. It returns
// their number.
func (l *load) awaitPopulated(t *testing.T) int {
	t.Helper()
	var namespaces []corev1.Namespace
	var last error
	err := wait.PollUntilContextCancel(l.env.newContext(t), lookEvery, true, func(ctx context.Context) (bool, error) {
		namespaces, last = l.listNamespaces(ctx)
		if last == nil {
			last = checkPopulated(namespaces)
		}
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("loading %s: %v", l.base, last)
	}
	if err := l.env.checkAllContent(l.env.newContext(t), namespaces); err != nil {
		t.Errorf("loading %s: %v", l.base, err)
	}
	return len(namespaces)
}

// checkPopulated returns an error with the number of unpopulated namespaces and one of their conditions.
func checkPopulated(namespaces []corev1.Namespace) error {
	missing, example := 0, ""
	for i := range namespaces {
		if !isPopulated(&namespaces[i]) {
			missing++
			example = fmt.Sprintf("namespace %s has the conditions %v", namespaces[i].Name, namespaces[i].Status.Conditions)
		}
	}
	if missing > 0 {
		return fmt.Errorf("%d of %d namespaces are not populated: %s", missing, len(namespaces), example)
	}
	return nil
}

func isPopulated(namespace *corev1.Namespace) bool {
	ready := v1alpha1.FindNamespaceCondition(namespace.Status.Conditions, v1alpha1.ConditionBaselineReady)
	return ready != nil && ready.Status == corev1.ConditionTrue && ready.Reason == v1alpha1.ReasonRestored
}

// checkAllContent checks that each namespace has every object of the baseline. It lists once for each kind, since there are hundreds.
func (e *env) checkAllContent(ctx context.Context, namespaces []corev1.Namespace) error {
	restored, err := e.restoredNames(ctx)
	if err != nil {
		return err
	}
	var problems []error
	for i := range namespaces {
		for _, want := range contentOf(namespaces[i].Name) {
			if kind := fmt.Sprintf("%T", want); !restored[kind+" "+client.ObjectKeyFromObject(want).String()] {
				problems = append(problems, fmt.Errorf("namespace %s lacks %s %s", namespaces[i].Name, kind, want.GetName()))
			}
		}
	}
	return errors.Join(problems[:min(len(problems), maxShown)]...)
}

// restoredNames returns all objects that carry the baseline's label, by type, namespace and name.
func (e *env) restoredNames(ctx context.Context) (map[string]bool, error) {
	names, listed := map[string]bool{}, map[schema.GroupVersionKind]bool{}
	for _, object := range contentOf("") {
		kind, err := e.GroupVersionKindFor(object)
		if err != nil {
			return nil, err
		}
		if listed[kind] {
			continue
		}
		listed[kind] = true
		if err := e.forEachRestored(ctx, kind, func(restored client.Object) {
			names[fmt.Sprintf("%T %s", restored, client.ObjectKeyFromObject(restored))] = true
		}); err != nil {
			return nil, err
		}
	}
	return names, nil
}

func (e *env) forEachRestored(ctx context.Context, kind schema.GroupVersionKind, do func(client.Object)) error {
	empty, err := e.Scheme().New(kind.GroupVersion().WithKind(kind.Kind + "List"))
	if err != nil {
		return err
	}
	list := empty.(client.ObjectList)
	if err := e.List(ctx, list, client.MatchingLabels{v1alpha1.LabelBaseline: baseline}); err != nil {
		return err
	}
	return meta.EachListItem(list, func(item runtime.Object) error {
		do(item.(client.Object))
		return nil
	})
}
