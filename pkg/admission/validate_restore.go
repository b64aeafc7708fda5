package admission

import (
	"context"

	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
)

// ValidateRestore serves the webhook of BaselineRestores: CREATE only. Its spec never changes, and denying
// a DELETE would keep namespaces from going. The admission policies authorize: it denies restores that cannot succeed.
type ValidateRestore struct {
	Decoder  admission.Decoder
	Backups  Backups
	Recorder Recorder
	// OwnUser is Seedbed's own user name, which is exempt.
	OwnUser string
	// OwnNamespace is where Seedbed runs; nothing is restored into it.
	OwnNamespace string
}

// Handle implements admission.Handler.
func (h *ValidateRestore) Handle(ctx context.Context, req admission.Request) admission.Response {
	return advise(ctx, h.Recorder, WebhookRestore, req, h.review)
}

func (h *ValidateRestore) review(ctx context.Context, req admission.Request) ([]string, error) {
	if req.Operation != admissionv1.Create || req.UserInfo.Username == h.OwnUser {
		return nil, nil
	}
	restore := &v1alpha1.BaselineRestore{}
	if err := read(h.Decoder, req.Object, restore); err != nil {
		return nil, err
	}
	if policy.Excluded(restore.Namespace, h.OwnNamespace) {
		return nil, deny("metadata.namespace: %q belongs to the system: nothing is restored into it", restore.Namespace)
	}
	from := source{backup: restore.Spec.Backup, namespace: restore.Spec.SourceNamespace}
	backup, err := h.Backups.Backup(ctx, from.backup)
	if err != nil {
		return nil, err
	}
	if backup == nil {
		return nil, deny("%s", absent(from.backup))
	}
	return nil, from.check(backup)
}
