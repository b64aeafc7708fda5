package admission

import (
	"context"
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Resources knows the resources that the cluster serves. It must read names as the capture does: what is
// reviewed here has to be what is listed there.
type Resources interface {
	// Resolve finds what the names stand for, every resource that one matches, and those of the names
	// that stand for nothing namespaced.
	Resolve(ctx context.Context, names []string) (found []schema.GroupResource, unknown []string, err error)
}

// ValidateBackup serves the webhook of BaselineBackups. Seedbed reads everything, Secrets too: whoever takes
// a backup must be allowed to list what it holds. And a backup that a Baseline uses stays.
type ValidateBackup struct {
	Decoder   admission.Decoder
	Reviewer  Reviewer
	Resources Resources
	Uses      BackupUses
	Recorder  Recorder
	// OwnUser is Seedbed's own user name, which is exempt.
	OwnUser string
}

// Handle implements admission.Handler.
func (h *ValidateBackup) Handle(ctx context.Context, req admission.Request) admission.Response {
	return respond(ctx, h.Recorder, WebhookBackup, req, h.review)
}

func (h *ValidateBackup) review(ctx context.Context, req admission.Request) ([]string, error) {
	if req.UserInfo.Username == h.OwnUser {
		return nil, nil
	}
	if req.UserInfo.Username == "" {
		return nil, deny("a request without a user is allowed nothing")
	}
	backup := &v1alpha1.BaselineBackup{}
	switch req.Operation {
	case admissionv1.Create:
		if err := read(h.Decoder, req.Object, backup); err != nil {
			return nil, err
		}
		return h.create(ctx, req, &backup.Spec)
	case admissionv1.Delete:
		// The deletion of a collection names no object but here.
		if err := read(h.Decoder, req.OldObject, backup); err != nil {
			return nil, err
		}
		return nil, h.delete(ctx, backup.Name)
	}
	return nil, nil
}

func (h *ValidateBackup) create(ctx context.Context, req admission.Request, spec *v1alpha1.BaselineBackupSpec) ([]string, error) {
	if _, err := metav1.LabelSelectorAsSelector(spec.LabelSelector); err != nil {
		return nil, deny("spec.labelSelector does not parse: %v", err)
	}
	wanted, err := h.wanted(ctx, spec.IncludedResources)
	if err != nil {
		return nil, err
	}
	warnings, err := h.warnOfExcluded(ctx, spec.ExcludedResources)
	if err != nil {
		return nil, err
	}
	missing, err := h.missing(ctx, req.UserInfo, wanted, spec.IncludedNamespaces)
	if err != nil || len(missing) == 0 {
		return warnings, err
	}
	return nil, deny("who takes a backup must be able to list what it holds: ask for that permission or name less in spec.includedResources and spec.includedNamespaces; you cannot list %s",
		enumerate(missing))
}

// maxNamed bounds the names in one message.
const maxNamed = 10

// enumerate writes names for a sentence, ten at most.
func enumerate(names []string) string {
	if len(names) <= maxNamed {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNamed], ", "), len(names)-maxNamed)
}

// everything is whatever a namespace holds, now and later.
var everything = schema.GroupResource{Group: "*", Resource: "*"}

// wanted are the resources that the backup is to hold.
func (h *ValidateBackup) wanted(ctx context.Context, names []string) ([]schema.GroupResource, error) {
	if len(names) == 0 || slices.Contains(names, everything.Resource) {
		return []schema.GroupResource{everything}, nil
	}
	found, unknown, err := h.Resources.Resolve(ctx, names)
	if err != nil {
		return nil, fmt.Errorf("finding the resources of spec.includedResources: %w", err)
	}
	if len(unknown) > 0 {
		return nil, deny("spec.includedResources: %.64q is no namespaced resource of this cluster: kubectl api-resources --namespaced lists them", unknown[0])
	}
	return found, nil
}

// warnOfExcluded tells what excludes nothing: a slip there backs up what was to stay out.
func (h *ValidateBackup) warnOfExcluded(ctx context.Context, names []string) ([]string, error) {
	if len(names) == 0 {
		return nil, nil
	}
	_, unknown, err := h.Resources.Resolve(ctx, names)
	if err != nil {
		return nil, fmt.Errorf("finding the resources of spec.excludedResources: %w", err)
	}
	var warnings []string
	for _, name := range unknown {
		warnings = append(warnings, fmt.Sprintf("spec.excludedResources: %.64q excludes nothing, it is no namespaced resource of this cluster", name))
	}
	return warnings, nil
}

// countOf writes a number of things for a sentence.
func countOf(count int, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", count, noun)
}

func (h *ValidateBackup) delete(ctx context.Context, name string) error {
	baselines, err := h.Uses.BaselinesUsing(ctx, name)
	if err != nil || len(baselines) == 0 {
		return err
	}
	return deny("backup %.64q is in use by %s: \"kubectl get baselines\" shows which; delete them or point their spec.backup elsewhere first", name, countOf(len(baselines), "Baseline"))
}
