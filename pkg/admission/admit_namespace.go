package admission

import (
	"context"
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
)

// AdmitNamespace serves choose.seedbed.dev, for requests that set a key of group seedbed.dev, and populate.seedbed.dev, for
// all other creations of namespaces. It enqueues created namespaces, and checks the conditions that an admission policy
// cannot: the name exists, the Baseline allows the namespace, the key has a meaning. It does not authorize: a review can be
// forged by any client of the port, so it makes no access review, and a denial contains no name that the request does not.
type AdmitNamespace struct {
	// Webhook is the name that it serves.
	Webhook   string
	Decoder   admission.Decoder
	Baselines Baselines
	Hints     Hints
	Recorder  Recorder
	// OwnNamespace is where Seedbed runs; it is excluded, as the system's are.
	OwnNamespace string
}

// Handle implements admission.Handler.
func (h *AdmitNamespace) Handle(ctx context.Context, req admission.Request) admission.Response {
	return advise(ctx, h.Recorder, h.Webhook, req, h.review)
}

func (h *AdmitNamespace) review(ctx context.Context, req admission.Request) ([]string, error) {
	if req.Operation != admissionv1.Create && req.Operation != admissionv1.Update {
		return nil, nil
	}
	change, err := readNamespaceChange(h.Decoder, req)
	if err != nil {
		return nil, err
	}
	warnings := keyWarnings(change)
	value, chooses := change.chooses()
	// A terminating namespace is not populated, and its deletion must not be blocked.
	if change.terminating() {
		return warnings, nil
	}
	if policy.Excluded(change.now.Name, h.OwnNamespace) {
		if chooses {
			warnings = append(warnings, "annotation "+v1alpha1.AnnotationBaseline+" does nothing here: this namespace belongs to the system and is never populated")
		}
		return warnings, nil
	}
	var asked []v1alpha1.Baseline
	if chooses {
		if asked, err = h.choose(ctx, value, change); isDenial(err) {
			return nil, err
		}
	}
	if dryRun(req) {
		previewed, previewErr := h.preview(ctx, asked, change)
		return append(warnings, previewed...), firstError(err, previewErr)
	}
	if req.Operation == admissionv1.Create {
		h.Hints.Enqueue(change.now.Name, change.now.UID)
	}
	return append(warnings, notReady(asked)...), err
}

// choose returns the baselines that the annotation names, or a denial if one of them would not be restored.
func (h *AdmitNamespace) choose(ctx context.Context, value string, change *namespaceChange) ([]v1alpha1.Baseline, error) {
	names, _, err := policy.ParseAnnotation(value)
	if err != nil {
		return nil, deny("%v", err)
	}
	asked := make([]v1alpha1.Baseline, 0, len(names))
	for _, name := range names {
		baseline, err := h.Baselines.Baseline(ctx, name)
		if err != nil {
			return asked, err
		}
		if baseline == nil {
			return nil, denyAnnotation("baseline %q does not exist, or you may not use it: \"seedbed baseline get --mine\" lists those that you may", name)
		}
		asked = append(asked, *baseline)
	}
	if refusals := policy.Compile(asked).Decide(change.now, true).Refusals; len(refusals) > 0 {
		return nil, denyAnnotation("baseline %q %s", refusals[0].Baseline, refusalWords(refusals[0].Reason))
	}
	return asked, nil
}

// refusalWords returns the end of a denial. It contains no selector of the Baseline, unlike the refusal's own message.
func refusalWords(reason string) string {
	switch reason {
	case v1alpha1.ReasonNotAllowed:
		return "is not for this namespace: its labels do not match spec.allowedNamespaces of the baseline"
	case v1alpha1.ReasonBaselineNotReady:
		return "allows no namespace: its spec.allowedNamespaces does not parse"
	default:
		return "is being deleted: name another one"
	}
}

func denyAnnotation(format string, args ...any) error {
	return deny("annotation "+v1alpha1.AnnotationBaseline+": "+format, args...)
}

// preview returns a line for each baseline that the request would restore. asked may be newer than the cache.
func (h *AdmitNamespace) preview(ctx context.Context, asked []v1alpha1.Baseline, change *namespaceChange) ([]string, error) {
	cached, err := h.Baselines.Baselines(ctx)
	if err != nil {
		return nil, err
	}
	baselines := slices.Clone(asked)
	for i := range cached {
		if !slices.ContainsFunc(asked, func(b v1alpha1.Baseline) bool { return b.Name == cached[i].Name }) {
			baselines = append(baselines, cached[i])
		}
	}
	return preview(baselines, change), nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
