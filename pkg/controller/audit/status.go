package audit

import (
	"context"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/audit"
	"seedbed.dev/seedbed/pkg/internal/kube"
)

// writeStatus answers a request for an audit.
func (r *Reconciler) writeStatus(ctx context.Context, baseline *v1alpha1.Baseline, request string, result *audit.Result) error {
	answer := &v1alpha1.BaselineAudit{
		Request: request, CompletionTimestamp: metav1.Time{Time: r.Clock.Now()},
		Namespaces: int32(result.Audited), SkippedNamespaces: int32(result.Skipped), DriftedNamespaces: int32(result.Drifted), //nolint:gosec // numbers of namespaces
	}
	switch {
	case len(result.Failed) > 0:
		answer.Message = v1alpha1.Cut("could not list " + strings.Join(result.Failed, ", ") + ": none of these objects counts as missing")
	case baseline.Spec.DriftPolicyInForce() == v1alpha1.DriftIgnore:
		answer.Message = "spec.drift is Ignore: no namespace is audited"
	}
	return kube.PatchStatus(ctx, r.Client, v1alpha1.FieldManager, baseline, map[string]any{"audit": answer})
}
