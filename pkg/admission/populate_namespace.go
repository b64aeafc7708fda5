package admission

import (
	"context"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	logf "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"seedbed.dev/seedbed/pkg/policy"
)

// PopulateNamespace serves populate.seedbed.dev: it sees each namespace that is created without asking for
// anything, and allows it, whatever happens. It is never waited for: what it does not see, or cannot
// read, comes to the queue by the watch.
type PopulateNamespace struct {
	Decoder   admission.Decoder
	Baselines Baselines
	Hints     Hints
	Recorder  Recorder
	// OwnNamespace is where Seedbed runs; it is excluded, as kube-* is.
	OwnNamespace string
}

// Handle implements admission.Handler.
func (h *PopulateNamespace) Handle(ctx context.Context, req admission.Request) admission.Response {
	began := time.Now()
	warnings, err := h.look(ctx, req)
	h.Recorder.Admission(WebhookPopulate, verdict(err), time.Since(began))
	if err != nil {
		logf.FromContext(ctx).Error(err, "Could not read a namespace that is created; it was allowed and comes by the watch")
	}
	return admission.Allowed("").WithWarnings(bounded(warnings)...)
}

// look hands the namespace to the queue. Whether a baseline is for it is decided there: here that would
// cost every create as much, and the cache may lag.
func (h *PopulateNamespace) look(ctx context.Context, req admission.Request) ([]string, error) {
	if req.Operation != admissionv1.Create {
		return nil, nil
	}
	change, err := readNamespaceChange(h.Decoder, req)
	if err != nil {
		return nil, err
	}
	if policy.Excluded(change.now.Name, h.OwnNamespace) {
		return nil, nil
	}
	if !dryRun(req) {
		h.Hints.Enqueue(change.now.Name, change.now.UID)
		return nil, nil
	}
	baselines, err := h.Baselines.Baselines(ctx)
	if err != nil {
		return nil, err
	}
	return preview(baselines, change), nil
}
