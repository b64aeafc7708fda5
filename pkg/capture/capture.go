package capture

import (
	"context"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/archive"
	"seedbed.dev/seedbed/pkg/internal/suggest"
)

const (
	// maxItems bounds the objects of a backup: a BaselineRestore cannot account for more.
	maxItems = 20_000
	// maxCounts bounds the resources counted in a BaselineBackup's status.
	maxCounts = 512
)

// Capturer captures the objects of one cluster. It is safe for concurrent use.
type Capturer struct {
	discovery Discovery
	client    rest.Interface
}

// New returns a Capturer. client sends absolute paths; it needs list on all resources to back up, and get on
// Namespaces.
func New(from Discovery, client rest.Interface) *Capturer {
	return &Capturer{discovery: from, client: client}
}

// Result is the result of one run.
type Result struct {
	Summary
	// Content is the archive.
	Content []byte
	// Transient is true if one of the errors is transient: another run may capture everything.
	Transient bool
}

// Run lists the objects that spec selects and writes them as an archive. Each list, of one resource in one namespace,
// is consistent; the lists are made one after the other, so the whole is no snapshot. The same objects produce the
// same content. A list that fails is recorded in the result's Errors, and the rest continues. Run returns an error
// only if discovery failed altogether, if the selection exceeds one backup (archive.ErrLimit), or if ctx ended.
//
// progress, which may be nil, is called from Run's own goroutine with the number of objects found and written so far.
func (c *Capturer) Run(ctx context.Context, spec *v1alpha1.BaselineBackupSpec, progress func(found, written int32)) (*Result, error) {
	selector, err := parseSelector(spec.LabelSelector)
	if err != nil {
		return nil, err
	}
	resources, err := readCatalog(c.discovery)
	if err != nil {
		return nil, err
	}
	chosen := resources.selectResources(spec, suggest.Nearest)
	if progress == nil {
		progress = func(int32, int32) {}
	}
	r := &captureRun{client: c.client, selector: selector, progress: progress, transient: chosen.transient}
	r.warnings.Add(chosen.warnings...)
	r.errors.Add(chosen.errors...)
	r.archive, err = archive.NewWriter(&r.content)
	if err != nil {
		return nil, err
	}
	err = r.captureAll(ctx, chosen.resources, sortedSet(spec.IncludedNamespaces))
	if errors.Is(err, archive.ErrLimit) {
		return nil, fmt.Errorf("the selection is more than one backup can hold, select less with includedNamespaces, includedResources or labelSelector: %w", err)
	}
	if err != nil {
		return nil, err
	}
	return r.newResult(), nil
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

func (r *captureRun) newResult() *Result {
	if len(r.counts) > maxCounts {
		r.addWarning("objects of %d resources were captured, and only %d of them are counted here", len(r.counts), maxCounts)
		r.counts = r.counts[:maxCounts]
	}
	summary := Summary{FormatVersion: archive.FormatVersion, Items: r.written, Counts: r.counts, Warnings: r.warnings.Bound(), Errors: r.errors.Bound()}
	return &Result{Summary: summary, Content: r.content.takeContent(), Transient: r.transient}
}

// NewClient returns the client of a Capturer. It reads JSON of any kind and leaves decoding to the Capturer.
func NewClient(config *rest.Config) (rest.Interface, error) {
	config = rest.CopyConfig(config)
	config.GroupVersion = &schema.GroupVersion{}
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme.Scheme).WithoutConversion()
	config.ContentType, config.AcceptContentTypes = "application/json", "application/json"
	client, err := rest.UnversionedRESTClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("creating the capture client: %w", err)
	}
	return client, nil
}
