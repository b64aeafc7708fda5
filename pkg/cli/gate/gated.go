package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// errNoGate is the error of a cluster whose chart makes no gate.
var errNoGate = errors.New("this cluster has no gate: the chart value gate.enabled is off, so no pods are held anywhere")

// checkGated returns an error if nothing holds a namespace's pods, so that there is no gate to open. It ignores objects that
// the user may not read.
func checkGated(ctx context.Context, c client.Reader, namespace *corev1.Namespace) error {
	baselines, err := resource.List(ctx, c, resource.Baseline)
	if err != nil && !apierrors.IsForbidden(err) {
		return output.Explain("list baselines", err)
	}
	if err == nil && !slices.ContainsFunc(baselines, func(obj client.Object) bool { return holdsPods(obj.(*v1alpha1.Baseline), namespace) }) {
		return fmt.Errorf("namespace %q has no gate: no baseline with spec.gate Pods is for it, so its pods are not held", namespace.Name)
	}
	var policies admissionregistrationv1.ValidatingAdmissionPolicyList
	err = c.List(ctx, &policies)
	switch {
	case apierrors.IsForbidden(err):
		return nil
	case err != nil:
		return output.Explain("list validatingadmissionpolicies", err)
	case !slices.ContainsFunc(policies.Items, isGatePolicy):
		return errNoGate
	}
	return nil
}

// isGatePolicy reports whether a policy is the chart's gate: the only one whose parameters are Baselines.
func isGatePolicy(policy admissionregistrationv1.ValidatingAdmissionPolicy) bool {
	kind := policy.Spec.ParamKind
	return kind != nil && kind.Kind == "Baseline" && strings.HasPrefix(kind.APIVersion, v1alpha1.GroupName+"/")
}

// holdsPods reports whether a baseline may hold the pods of a namespace until BaselineGuarded is True: the namespace asks for
// it or is selected, and is not older. It does not check whether an annotation is in force, as the gate's policy does: opening
// a gate that holds nothing does no harm, but a closed gate that cannot be opened does.
func holdsPods(baseline *v1alpha1.Baseline, namespace *corev1.Namespace) bool {
	spec := &baseline.Spec
	if spec.Gate != v1alpha1.GatePods || namespace.CreationTimestamp.Before(&baseline.CreationTimestamp) {
		return false
	}
	value := strings.TrimSpace(namespace.Annotations[v1alpha1.AnnotationBaseline])
	for name := range strings.SplitSeq(value, ",") {
		if strings.TrimSpace(name) == baseline.Name {
			return spec.AllowedNamespaces == nil || isMatch(spec.AllowedNamespaces, namespace.Labels)
		}
	}
	declines := value == v1alpha1.NoBaseline && spec.Enforcement != v1alpha1.EnforcementRequired
	return spec.NamespaceSelector != nil && !declines && isMatch(spec.NamespaceSelector, namespace.Labels)
}

// isMatch reports whether a selector matches. An invalid one matches nothing.
func isMatch(selector *metav1.LabelSelector, set map[string]string) bool {
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && parsed.Matches(labels.Set(set))
}
