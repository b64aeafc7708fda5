package admission

import (
	"context"

	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// ValidateRestore serves the webhook of BaselineRestores: CREATE only. Its spec never changes, and denying
// a DELETE would keep namespaces from going.
type ValidateRestore struct {
	Decoder   admission.Decoder
	Baselines Baselines
	Backups   Backups
	Reviewer  Reviewer
	Recorder  Recorder
	// OwnUser is Seedbed's own user name, which alone makes the records of baselines.
	OwnUser string
}

// Handle implements admission.Handler.
func (h *ValidateRestore) Handle(ctx context.Context, req admission.Request) admission.Response {
	return respond(ctx, h.Recorder, WebhookRestore, req, h.review)
}

func (h *ValidateRestore) review(ctx context.Context, req admission.Request) ([]string, error) {
	if req.Operation != admissionv1.Create || req.UserInfo.Username == h.OwnUser {
		return nil, nil
	}
	restore := &v1alpha1.BaselineRestore{}
	if err := read(h.Decoder, req.Object, restore); err != nil {
		return nil, err
	}
	// A record says that the namespace holds the baseline, and nothing would be restored.
	if restore.Spec.Baseline != "" {
		return nil, deny("spec.baseline: only Seedbed makes restores of baselines: set the namespace's annotation %s, or name a backup in spec.backup",
			v1alpha1.AnnotationBaseline)
	}
	judge := sources{backups: h.Backups, reviewer: h.Reviewer}
	from := source{backup: restore.Spec.Backup, namespace: restore.Spec.SourceNamespace}
	backup, err := judge.authorize(ctx, req.UserInfo, from)
	if err != nil {
		return nil, err
	}
	if backup == nil {
		return nil, deny("%s", judge.absent(ctx, req.UserInfo, from.backup))
	}
	return nil, h.checkName(ctx, restore.Name)
}

// checkName keeps the names of Seedbed's own records free: a record called like a Required baseline would
// stand in its way.
func (h *ValidateRestore) checkName(ctx context.Context, name string) error {
	baseline, err := h.Baselines.Baseline(ctx, name)
	if err != nil {
		return err
	}
	if baseline != nil {
		return deny("metadata.name: %q is the name of a Baseline, and its restore in this namespace is called so: choose another name", name)
	}
	return nil
}
