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
	Decoder  admission.Decoder
	Backups  Backups
	Reviewer Reviewer
	Recorder Recorder
	// OwnUser is Seedbed's own user name, which is exempt.
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
	judge := sources{backups: h.Backups, reviewer: h.Reviewer}
	from := source{backup: restore.Spec.Backup, namespace: restore.Spec.SourceNamespace}
	backup, err := judge.authorize(ctx, req.UserInfo, from)
	if err != nil {
		return nil, err
	}
	if backup == nil {
		return nil, deny("%s", judge.absent(ctx, req.UserInfo, from.backup))
	}
	return nil, nil
}
