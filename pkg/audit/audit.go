package audit

import (
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/utils/clock"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/plan"
)

// Plans returns compiled plans.
type Plans interface {
	Get(ctx context.Context, spec plan.Spec) (*plan.Plan, error)
}

// Objects lists, compares and labels objects; pkg/apply implements it.
type Objects interface {
	List(ctx context.Context, kind schema.GroupVersionKind, query apply.ListQuery, visit apply.Visit, endPage func() error) error
	Matches(ctx context.Context, target apply.Target, object manifest.Object, content []byte, inspection apply.Inspection) apply.Match
	Protect(ctx context.Context, target apply.Target, object manifest.Object, label, value string) (bool, error)
	Unprotect(ctx context.Context, object apply.Named, label, value string) (bool, error)
	Inspect(ctx context.Context, target apply.Target, object manifest.Object, inspection apply.Inspection) apply.Drift
}

// Records reads whole records.
type Records interface {
	// Read returns the namespace's own record of a baseline, or nil if there is none.
	Read(ctx context.Context, namespace *corev1.Namespace, baseline string) (*v1alpha1.BaselineRecord, error)
}

// Auditor compares namespaces with the revisions that they hold. It makes one audit at a time.
type Auditor struct {
	Plans   Plans
	Objects Objects
	Records Records
	Clock   clock.Clock

	running sync.Mutex
	memory  memory
}

// Result counts the namespaces of an audit.
type Result struct {
	// Audited were compared. Skipped were not: they were restored or updated meanwhile, or their content is gone or could not be read.
	Audited, Skipped int
	// Drifted have an object that differs.
	Drifted int
	// Labelled are the objects that got the label of protected ones, or lost it.
	Labelled int
	// Failed are the resources that could not be listed, sorted. None of their objects counts as missing.
	Failed []string
	// Incomplete reports that one of them is served by the cluster.
	Incomplete bool
	// Worked is how long the API server was asked, but for labels. An audit rests for as long.
	Worked time.Duration
}

// Run audits the holders and calls found for each whose objects differ, or did so before. isCurrent reports whether a record has not
// changed since: then the namespace was neither restored nor updated. only is the baseline of all holders; empty if they have
// several. After each call of the API server, Run rests for as long as that took.
func (a *Auditor) Run(ctx context.Context, holders []Holder, only string, isCurrent func(holder *Holder) bool, found func(ctx context.Context, finding Finding) error) (Result, error) {
	a.running.Lock()
	defer a.running.Unlock()
	p := &pass{Auditor: a, isCurrent: isCurrent, found: found, only: only, failed: sets.New[schema.GroupVersionKind](), index: make(map[holderKey]int, len(holders)), traceNumbers: map[trace]int32{}}
	if err := p.expect(ctx, holders); err != nil {
		return p.result, err
	}
	if err := p.listKinds(ctx); err != nil {
		return p.result, err
	}
	if err := p.labelObjects(ctx); err != nil {
		return p.result, err
	}
	if err := p.inspectHolders(ctx); err != nil {
		return p.result, err
	}
	if only == "" {
		a.memory.equal.end()
		a.memory.traces.end()
		a.memory.kept.end()
	}
	return p.result, nil
}
