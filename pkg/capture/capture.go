package capture

import (
	"context"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/archive"
	"seedbed.dev/seedbed/pkg/internal/suggest"
)

const (
	// maxItems is how many objects a backup can hold: a BaselineRestore cannot keep account of more.
	maxItems = 20_000
	// maxCounts is how many resources a BaselineBackup's status has room for.
	maxCounts = 512
)

// Capturer takes backups of one cluster. It is safe for concurrent use.
type Capturer struct {
	discovery Discovery
	client    rest.Interface
}

// New makes a Capturer. client sends absolute paths; it needs list on all that is to be backed up, and get on Namespaces.
func New(from Discovery, client rest.Interface) *Capturer {
	return &Capturer{discovery: from, client: client}
}

// Result is what one run captured.
type Result struct {
	// Content is the archive.
	Content []byte
	// FormatVersion is that of Velero's backup format.
	FormatVersion string
	// Items counts the objects in the archive but for the source Namespaces. It may be 0: nothing was selected, or
	// nothing could be listed, and Errors says so.
	Items int32
	// Counts has the number of objects of each resource that has any, by name; at most 512.
	Counts []v1alpha1.ResourceCount
	// Warnings and Errors are in order, each once, and fit for a status. They name objects and never hold any of their
	// content.
	Warnings, Errors []string
	// Transient reports whether one of the errors may pass by itself: another run may have it all.
	Transient bool
}

// Run lists what spec selects and writes it as an archive. Each resource is listed, in each namespace, as it was at
// one moment; they are listed one after the other, so that the whole is no snapshot. The same objects give the same
// content. Whatever cannot be listed is in the result's Errors and the rest goes on; an error instead of a result says
// that discovery failed altogether, that the selection is more than one backup can hold (archive.ErrLimit), or that ctx
// ended.
//
// progress, which may be nil, is told how many objects were found and written so far, from Run's own goroutine.
func (c *Capturer) Run(ctx context.Context, spec *v1alpha1.BaselineBackupSpec, progress func(found, written int32)) (*Result, error) {
	selector, err := parseSelector(spec.LabelSelector)
	if err != nil {
		return nil, err
	}
	resources, err := readCatalog(c.discovery)
	if err != nil {
		return nil, err
	}
	chosen := resources.choose(spec, suggest.Nearest)
	if progress == nil {
		progress = func(int32, int32) {}
	}
	r := &run{client: c.client, selector: selector, progress: progress, transient: chosen.transient}
	r.warnings.Add(chosen.warnings...)
	r.errors.Add(chosen.errors...)
	r.archive, err = archive.NewWriter(&r.content)
	if err != nil {
		return nil, err
	}
	err = r.all(ctx, chosen.resources, set(spec.IncludedNamespaces))
	if errors.Is(err, archive.ErrLimit) {
		return nil, fmt.Errorf("what is selected is more than one backup can hold, select less with includedNamespaces, includedResources or labelSelector: %w", err)
	}
	if err != nil {
		return nil, err
	}
	return r.result(), nil
}

func parseSelector(selector *metav1.LabelSelector) (string, error) {
	if selector == nil {
		return "", nil
	}
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errSelector, err)
	}
	return parsed.String(), nil
}

func (r *run) result() *Result {
	if len(r.counts) > maxCounts {
		r.warn("objects of %d resources were captured, and only %d of them are counted here", len(r.counts), maxCounts)
		r.counts = r.counts[:maxCounts]
	}
	return &Result{
		Content:       r.content.take(),
		FormatVersion: archive.FormatVersion,
		Items:         r.written,
		Counts:        r.counts,
		Warnings:      r.warnings.Bound(),
		Errors:        r.errors.Bound(),
		Transient:     r.transient,
	}
}
