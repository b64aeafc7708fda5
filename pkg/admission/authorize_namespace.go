package admission

import (
	"context"
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
)

// AuthorizeNamespace serves authorize.seedbed.dev: whether whoever sets or changes the annotation
// v1alpha1.AnnotationBaseline, on any path to it, may choose what it names. Every name of the new value is
// reviewed, those that the old one had too: their permission may be gone, or somebody else's.
type AuthorizeNamespace struct {
	Decoder   admission.Decoder
	Baselines Baselines
	Reviewer  Reviewer
	Hints     Hints
	Recorder  Recorder
	// OwnNamespace is where Seedbed runs; it is excluded, as kube-* is.
	OwnNamespace string
}

// Handle implements admission.Handler.
func (h *AuthorizeNamespace) Handle(ctx context.Context, req admission.Request) admission.Response {
	return respond(ctx, h.Recorder, WebhookAuthorize, req, h.review)
}

func (h *AuthorizeNamespace) review(ctx context.Context, req admission.Request) ([]string, error) {
	if req.Operation != admissionv1.Create && req.Operation != admissionv1.Update {
		return nil, nil
	}
	change, err := readNamespaceChange(h.Decoder, req)
	if err != nil {
		return nil, err
	}
	value, chooses := change.chooses()
	// A namespace that is going away gets nothing any more, and nothing may keep it from going.
	if !chooses || change.terminating() || policy.Excluded(change.now.Name, h.OwnNamespace) {
		return nil, nil
	}
	names, _, err := policy.ParseAnnotation(value)
	if err != nil {
		return nil, deny("%v", err)
	}
	asked, err := h.authorize(ctx, req.UserInfo, names)
	if err != nil {
		return nil, err
	}
	if refusals := policy.Compile(asked).Decide(change.now, true).Refusals; len(refusals) > 0 {
		return nil, denyAnnotation(refusals[0].Message)
	}
	if dryRun(req) {
		return h.preview(ctx, asked, change)
	}
	if req.Operation == admissionv1.Create {
		h.Hints.Enqueue(change.now.Name, change.now.UID)
	}
	return notReady(asked), nil
}

// authorize finds the baselines of those names, all of which the user may use. Permission comes before
// existence: whoever has none learns nothing.
func (h *AuthorizeNamespace) authorize(ctx context.Context, user authenticationv1.UserInfo, names []string) ([]v1alpha1.Baseline, error) {
	baselines := make([]v1alpha1.Baseline, 0, len(names))
	for _, name := range names {
		allowed, err := h.Reviewer.Review(ctx, user, use(name))
		if err != nil {
			return nil, err
		}
		if !allowed {
			return nil, h.refuse(ctx, user, name, "does not exist, or you may not use it")
		}
		baseline, err := h.Baselines.Baseline(ctx, name)
		if err != nil {
			return nil, err
		}
		if baseline == nil {
			return nil, h.refuse(ctx, user, name, "does not exist")
		}
		baselines = append(baselines, *baseline)
	}
	return baselines, nil
}

// refuse says why a name is refused and which ones are not.
func (h *AuthorizeNamespace) refuse(ctx context.Context, user authenticationv1.UserInfo, name, why string) error {
	var others []string
	if baselines, err := h.Baselines.Baselines(ctx); err == nil { // without them the denial stands as well
		for i := range baselines {
			others = append(others, baselines[i].Name)
		}
	}
	advice := findChoices(ctx, h.Reviewer, user, use, name, others).advice()
	if advice == "" {
		advice = `ask an administrator for the verb "use" on a baseline, or remove the annotation`
	}
	return denyAnnotation("baseline %q %s: %s", name, why, advice)
}

func denyAnnotation(format string, args ...any) error {
	return deny("annotation "+v1alpha1.AnnotationBaseline+": "+format, args...)
}

// preview tells what a request would restore. The cache may lag behind what it asks for.
func (h *AuthorizeNamespace) preview(ctx context.Context, asked []v1alpha1.Baseline, change *namespaceChange) ([]string, error) {
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
