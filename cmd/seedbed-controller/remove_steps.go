package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/tools/pager"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// deleteGate deletes the policies that hold pods. The bindings are deleted first, so that none is without its policy.
func (r *removal) deleteGate(ctx context.Context) error {
	admission := r.client.AdmissionregistrationV1()
	for _, name := range []string{r.gatePolicy, r.gatePolicy + "-stamps"} {
		err := errors.Join(
			client.IgnoreNotFound(admission.ValidatingAdmissionPolicyBindings().Delete(ctx, name, metav1.DeleteOptions{})),
			client.IgnoreNotFound(admission.ValidatingAdmissionPolicies().Delete(ctx, name, metav1.DeleteOptions{})),
		)
		if err != nil {
			return fmt.Errorf("deleting ValidatingAdmissionPolicy %s and its binding: %w", name, err)
		}
	}
	r.log.Info("Deleted the gate: no pod is held from now on", "policy", r.gatePolicy)
	return nil
}

// deleteWebhooks deletes the webhook configuration, so that the API server calls Seedbed no more.
func (r *removal) deleteWebhooks(ctx context.Context) error {
	configurations := r.client.AdmissionregistrationV1().ValidatingWebhookConfigurations()
	err := configurations.Delete(ctx, r.webhookConfiguration, metav1.DeleteOptions{})
	if apierrors.IsNotFound(err) {
		r.log.Info("The ValidatingWebhookConfiguration is gone already", "name", r.webhookConfiguration)
		return nil
	}
	if err != nil {
		return fmt.Errorf("deleting ValidatingWebhookConfiguration %s: %w", r.webhookConfiguration, err)
	}
	r.log.Info("Deleted the ValidatingWebhookConfiguration: no backup's deletion is refused from now on, and the admission policies go on reviewing who asks for a baseline and refuse new backups", "name", r.webhookConfiguration)
	return nil
}

// endControllers scales the Deployment to 0 and waits until its pods have ended. A pod on a lost node never ends, so the wait
// is bounded: such a pod loses its permissions when Seedbed's roles are deleted.
func (r *removal) endControllers(ctx context.Context) error {
	selector, err := r.scaleToNone(ctx)
	if apierrors.IsNotFound(err) {
		r.log.Info("The controllers' Deployment is gone already", "name", r.deployment)
		return nil
	}
	if err != nil {
		return fmt.Errorf("scaling Deployment %s/%s to 0: %w", r.namespace, r.deployment, err)
	}
	r.log.Info("Waiting for the controllers to end", "deployment", r.deployment, "atMost", r.patience)
	waiting, cancel := context.WithTimeout(ctx, r.patience)
	defer cancel()
	var left []string
	err = wait.PollUntilContextCancel(waiting, time.Second, true, func(ctx context.Context) (ended bool, err error) {
		left, err = r.livePods(ctx, selector)
		return len(left) == 0, err
	})
	switch {
	case err == nil:
		r.log.Info("The controllers have ended")
	case waiting.Err() != nil && ctx.Err() == nil:
		r.log.Warn("Some controllers have not ended in time: going on without them", "pods", left)
	default:
		return fmt.Errorf("waiting for the pods of Deployment %s/%s to end: %w", r.namespace, r.deployment, err)
	}
	return nil
}

// scaleToNone scales the Deployment to 0 and returns the selector of its pods.
func (r *removal) scaleToNone(ctx context.Context) (selector string, err error) {
	deployments := r.client.AppsV1().Deployments(r.namespace)
	err = retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		scale, err := deployments.GetScale(ctx, r.deployment, metav1.GetOptions{})
		if err != nil {
			return err
		}
		selector = scale.Status.Selector
		if scale.Spec.Replicas == 0 {
			return nil
		}
		scale.Spec.Replicas = 0
		_, err = deployments.UpdateScale(ctx, r.deployment, scale, metav1.UpdateOptions{FieldManager: v1alpha1.FieldManager})
		return err
	})
	return selector, err
}

// livePods returns the names of the pods that have not ended.
func (r *removal) livePods(ctx context.Context, selector string) ([]string, error) {
	if selector == "" {
		return nil, errors.New("the Deployment selects every pod: it is not Seedbed's")
	}
	pods, err := r.client.CoreV1().Pods(r.namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, err
	}
	var live []string
	for i := range pods.Items {
		if phase := pods.Items[i].Status.Phase; phase != corev1.PodSucceeded && phase != corev1.PodFailed {
			live = append(live, pods.Items[i].Name)
		}
	}
	return live, nil
}

// deletePreviews deletes every preview, because the controller that would do so after ten minutes has ended.
func (r *removal) deletePreviews(ctx context.Context) error {
	previews := r.metadata.Resource(v1alpha1.GroupVersion.WithResource("baselinepreviews"))
	err := previews.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{})
	if apierrors.IsNotFound(err) {
		r.log.Info("The CRD of previews is gone already")
		return nil
	}
	if err != nil {
		return fmt.Errorf("deleting previews: %w", err)
	}
	r.log.Info("Deleted the previews")
	return nil
}

// releaseBackups removes Seedbed's finalizer from every backup, so that the deletion of a backup or of the CRD does not wait for
// a controller. A backup that was being deleted is gone then; its content is kept.
func (r *removal) releaseBackups(ctx context.Context) error {
	backups := r.metadata.Resource(v1alpha1.GroupVersion.WithResource("baselinebackups"))
	released := 0
	err := pager.New(pager.SimplePageFunc(func(opts metav1.ListOptions) (runtime.Object, error) {
		return backups.List(ctx, opts)
	})).EachListItem(ctx, metav1.ListOptions{}, func(object runtime.Object) error {
		changed, err := releaseBackup(ctx, backups, object.(*metav1.PartialObjectMetadata))
		if changed {
			released++
		}
		return err
	})
	if apierrors.IsNotFound(err) {
		r.log.Info("The CRD of backups is gone already")
		return nil
	}
	if err != nil {
		return fmt.Errorf("removing the finalizer of backups: %w", err)
	}
	r.log.Info("Removed the finalizer of backups and kept their content", "backups", released)
	return nil
}

func releaseBackup(ctx context.Context, backups metadata.Getter, backup *metav1.PartialObjectMetadata) (changed bool, err error) {
	err = retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		patch, err := withoutFinalizer(backup)
		if patch == nil || err != nil {
			return err
		}
		_, err = backups.Patch(ctx, backup.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: v1alpha1.FieldManager})
		changed = err == nil
		if !apierrors.IsConflict(err) {
			return err
		}
		if current, getErr := backups.Get(ctx, backup.Name, metav1.GetOptions{}); getErr == nil {
			backup = current
		}
		return err
	})
	if apierrors.IsNotFound(err) {
		return false, nil // deleted meanwhile
	}
	if err != nil {
		return false, fmt.Errorf("BaselineBackup %s: %w", backup.Name, err)
	}
	return changed, nil
}

// withoutFinalizer returns the patch that removes Seedbed's finalizer; nil if there is none. Other finalizers are kept: their
// owners remove them. The patch fails if the backup was changed meanwhile.
func withoutFinalizer(backup *metav1.PartialObjectMetadata) ([]byte, error) {
	left := slices.DeleteFunc(slices.Clone(backup.Finalizers), func(f string) bool { return f == v1alpha1.FinalizerContent })
	if len(left) == len(backup.Finalizers) {
		return nil, nil
	}
	return json.Marshal(map[string]any{"metadata": map[string]any{"resourceVersion": backup.ResourceVersion, "finalizers": left}})
}
