package admission

import (
	"context"
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
)

// ValidateBaseline serves the webhook of Baselines. The admission policies authorize: it validates selectors and the source
// namespace, and warns of side effects.
type ValidateBaseline struct {
	Decoder  admission.Decoder
	Backups  Backups
	Recorder Recorder
	// OwnUser is Seedbed's own user name, which is exempt.
	OwnUser string
	// Gate says that the admission policies are installed that hold pods.
	Gate bool
}

// Handle implements admission.Handler.
func (h *ValidateBaseline) Handle(ctx context.Context, req admission.Request) admission.Response {
	return advise(ctx, h.Recorder, WebhookBaseline, req, h.review)
}

func (h *ValidateBaseline) review(ctx context.Context, req admission.Request) ([]string, error) {
	if req.UserInfo.Username == h.OwnUser || req.Operation != admissionv1.Create && req.Operation != admissionv1.Update {
		return nil, nil
	}
	now, before, err := h.read(req)
	if err != nil {
		return nil, err
	}
	// Metadata takes no permission of ours, and what goes away hands out nothing.
	if before.DeletionTimestamp != nil || equality.Semantic.DeepEqual(now.Spec, before.Spec) {
		return nil, nil
	}
	if err := policy.ValidateSelectors(&now.Spec); err != nil {
		return nil, deny("%v", err)
	}
	warnings, err := h.source(ctx, sourceOf(&now.Spec), sourceOf(&before.Spec))
	if isDenial(err) {
		return nil, err
	}
	warnings = append(warnings, selectorWarnings(&now.Spec, &before.Spec)...)
	if now.Spec.Gate == v1alpha1.GatePods && before.Spec.Gate != v1alpha1.GatePods && !h.Gate {
		warnings = append(warnings, "spec.gate: Pods holds no pods here: Seedbed was installed without it (chart value gate.enabled)")
	}
	return warnings, err
}

// read gives the Baseline as it will be and as it was: an empty one on a create.
func (h *ValidateBaseline) read(req admission.Request) (now, before *v1alpha1.Baseline, err error) {
	now, before = &v1alpha1.Baseline{}, &v1alpha1.Baseline{}
	if err := read(h.Decoder, req.Object, now); err != nil {
		return nil, nil, err
	}
	if req.Operation == admissionv1.Update {
		err = read(h.Decoder, req.OldObject, before)
	}
	return now, before, err
}

func sourceOf(spec *v1alpha1.BaselineSpec) source {
	return source{backup: spec.Backup, namespace: spec.SourceNamespace}
}

// source looks at what the Baseline hands out, when that is new.
func (h *ValidateBaseline) source(ctx context.Context, now, before source) ([]string, error) {
	if now == before {
		return nil, nil
	}
	backup, err := h.Backups.Backup(ctx, now.backup)
	if err != nil {
		return nil, err
	}
	if backup == nil {
		// No error: under GitOps the backup may come later.
		return []string{absent(now.backup) + ": the baseline waits for it"}, nil
	}
	return nil, now.check(backup)
}

// selectorWarnings tell who gets the baseline, when that is new, and what a selector is missing for.
func selectorWarnings(now, before *v1alpha1.BaselineSpec) []string {
	if now.NamespaceSelector == nil {
		if now.Enforcement == v1alpha1.EnforcementRequired {
			return []string{"spec.enforcement: Required does nothing without spec.namespaceSelector: only namespaces that ask get this baseline"}
		}
		return nil
	}
	if equality.Semantic.DeepEqual(now.NamespaceSelector, before.NamespaceSelector) {
		return nil
	}
	if selector := metav1.FormatLabelSelector(now.NamespaceSelector); selector != "<none>" {
		return []string{fmt.Sprintf("spec.namespaceSelector gives this baseline to whoever can create or label a namespace with %.128s", selector)}
	}
	return []string{"spec.namespaceSelector is empty: every namespace gets this baseline, whoever creates it"}
}
