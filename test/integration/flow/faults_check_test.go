package flow

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func hasPhase(name string, conditions []metav1.Condition, phase string) error {
	if ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady); ready == nil || ready.Reason != phase {
		return fmt.Errorf("%s is %v, want %s", name, ready, phase)
	}
	return nil
}

// backupsOf returns the backups whose objects a namespace must hold.
func (s *storm) backupsOf(i int) []stormBackup {
	parts := []stormBackup{s.required}
	if s.isAnnotated(i) {
		parts = append(parts, s.asked)
	}
	if s.isByHand(i) {
		parts = append(parts, s.byHand)
	}
	return parts
}

// awaitFilled waits until a namespace is Ready, which it must not be before its baselines are restored.
func (s *storm) awaitFilled(name string, i int) {
	ctx := s.ctx()
	s.retryUntil(ctx, func(ctx context.Context) error {
		condition, err := s.readyCondition(ctx, name)
		if err == nil && (condition == nil || condition.Status != corev1.ConditionTrue) {
			err = fmt.Errorf("BaselineReady of %s is %v", name, condition)
		}
		return err
	})
	for _, part := range s.backupsOf(i) {
		if part.baseline == "" {
			continue
		}
		for _, object := range part.objects {
			if err := s.Client.Get(ctx, client.ObjectKey{Namespace: name, Name: object}, &corev1.ConfigMap{}); err != nil {
				s.t.Errorf("%s is Ready, and its object %s of %s is not there: %v", name, object, part.baseline, err)
			}
		}
	}
	if !s.isByHand(i) {
		return
	}
	byHand := &v1alpha1.BaselineRestore{}
	s.retryUntil(ctx, func(ctx context.Context) error {
		if err := s.Client.Get(ctx, client.ObjectKey{Namespace: name, Name: "by-hand"}, byHand); err != nil {
			return err
		}
		return hasPhase(name+"/by-hand", byHand.Status.Conditions, v1alpha1.PhaseCompleted)
	})
}

// tamperSome deletes and changes restored objects as tenants may, and has their namespaces reconciled again.
func (s *storm) tamperSome(names []string) map[string]bool {
	tampered := map[string]bool{}
	for i := 0; i < len(names); i += 20 {
		tampered[names[i]] = true
		s.tamperNamespace(names[i])
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: names[i]}}
		s.updateObject(namespace, func() { metav1.SetMetaDataLabel(&namespace.ObjectMeta, "looked-at", "again") })
	}
	last := labelledNamespace(s.uniqueName("last"), "storm", s.suffix) // a worker that fills it has reconciled those before it
	s.createObjects(last)
	s.awaitReady(last.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	return tampered
}

// checkExact fails the test unless a namespace holds exactly its objects, each created once, with results to match.
func (s *storm) checkExact(name string, i int, tampered bool) {
	ctx := s.ctx()
	want := map[string]string{}
	for _, part := range s.backupsOf(i) {
		for _, object := range part.objects {
			want[object] = "value of " + object
			if created := s.writes.countWrites(http.MethodPost, name, "configmaps", object); created != 1 {
				s.t.Errorf("%s/%s was created %d times", name, object, created)
			}
			if again := s.writes.countWrites(http.MethodPut, name, "configmaps", object) + s.writes.countWrites(http.MethodDelete, name, "configmaps", object); again != 0 {
				s.t.Errorf("%s/%s was written or deleted %d times after its creation", name, object, again)
			}
		}
		s.checkResult(ctx, name, part)
	}
	if tampered {
		delete(want, "a")
		want["b"] = "the tenant's"
	}
	var found corev1.ConfigMapList
	if err := s.Client.List(ctx, &found, client.InNamespace(name)); err != nil {
		s.t.Error(err)
		return
	}
	found.Items = slices.DeleteFunc(found.Items, func(c corev1.ConfigMap) bool { return c.Name == "kube-root-ca.crt" })
	for _, object := range found.Items {
		if object.Data["key"] != want[object.Name] {
			s.t.Errorf("%s/%s is %v, want %q", name, object.Name, object.Data, want[object.Name])
		}
	}
	if len(found.Items) != len(want) {
		s.t.Errorf("%s has %d objects, want %d", name, len(found.Items), len(want))
	}
}

func (s *storm) checkResult(ctx context.Context, name string, part stormBackup) {
	var result v1alpha1.RestoreResult
	if part.baseline == "" {
		byHand := &v1alpha1.BaselineRestore{}
		if err := s.Client.Get(ctx, client.ObjectKey{Namespace: name, Name: "by-hand"}, byHand); err != nil {
			s.t.Error(err)
		}
		result = byHand.Status.RestoreResult
	} else {
		record := &v1alpha1.BaselineRecord{}
		if err := s.Client.Get(ctx, client.ObjectKey{Namespace: name, Name: part.baseline}, record); err != nil {
			s.t.Error(err)
		}
		result = record.Result
		if created := s.writes.countWrites(http.MethodPost, name, "baselinerecords", part.baseline); created != 1 {
			s.t.Errorf("record %s/%s was created %d times", name, part.baseline, created)
		}
	}
	counts := result.Counts
	if result.Phase != v1alpha1.PhaseCompleted || int(counts.Created) != len(part.objects) || counts.Updated+counts.Unchanged+counts.Kept+counts.Failed != 0 {
		s.t.Errorf("the result of %s in %s is %s after %d attempts and counts %+v, want %d created and nothing else",
			part.backup, name, result.Phase, result.Attempts, counts, len(part.objects))
	}
}
