package fleet

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
	"seedbed.dev/seedbed/pkg/policy"
)

// scan reads all records and namespaces once, and makes the rows of those in the wanted states.
type scan struct {
	api       client.Reader
	program   string
	rules     *policy.Set
	baselines map[string]*v1alpha1.Baseline
	states    *stateFilter
	progress  *output.Progress
	// ownNamespace is Seedbed's, which holds nothing.
	ownNamespace string
	// records are the reduced ones by the UID of their namespace.
	records map[types.UID][]heldRecord
	rows    []namespaceRow
}

func newScan(api client.Reader, program string, baselines []v1alpha1.Baseline, states *stateFilter, progress *output.Progress) *scan {
	s := &scan{
		api: api, program: program, rules: policy.Compile(baselines), baselines: map[string]*v1alpha1.Baseline{}, states: states, progress: progress,
		records: map[types.UID][]heldRecord{}, rows: []namespaceRow{},
	}
	for i := range baselines {
		s.baselines[baselines[i].Name] = &baselines[i]
	}
	return s
}

// readRows returns the rows of the namespaces that match the selector, sorted by namespace and baseline. only restricts the records
// that are read to those of one baseline; all are read if it is empty.
func (s *scan) readRows(ctx context.Context, only string, selector client.ListOption) ([]namespaceRow, error) {
	s.ownNamespace = resource.FindOwnNamespace(ctx, s.api)
	var options []client.ListOption
	if only != "" {
		options = append(options, client.MatchingFields{"metadata.name": only}) // records have the names of their baselines
	}
	instead := fmt.Sprintf("see the counts, which need baselines alone, with `%s fleet`", s.program)
	err := s.readPages(ctx, resource.Record, func(obj client.Object) { s.addRecord(obj.(*v1alpha1.BaselineRecord)) }, options...)
	if err != nil {
		return nil, explainList("records", "baselinerecords.seedbed.dev in all namespaces", instead, err)
	}
	err = s.readPages(ctx, resource.Namespace, func(obj client.Object) { s.addNamespace(obj.(*corev1.Namespace)) }, selector)
	if err != nil {
		return nil, explainList("namespaces", "namespaces", instead, err)
	}
	slices.SortFunc(s.rows, func(a, b namespaceRow) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Baseline, b.Baseline))
	})
	return s.rows, nil
}

// readPages calls add for each object of a kind, and shows how many were read.
func (s *scan) readPages(ctx context.Context, k *resource.Descriptor, add func(client.Object), options ...client.ListOption) error {
	count := 0
	return resource.VisitPages(ctx, s.api, k, func(page []client.Object) {
		for _, obj := range page {
			add(obj)
		}
		count += len(page)
		s.progress.Update(fmt.Sprintf("%ss read: %s", k.Noun, formatCount(count)))
	}, options...)
}

// addRecord adds a record of a baseline that exists. It is taken as it is: the keys that verify seals are Seedbed's own.
func (s *scan) addRecord(record *v1alpha1.BaselineRecord) {
	baseline := s.baselines[record.Name]
	if baseline == nil || record.DeletionTimestamp != nil {
		return
	}
	namespace := record.NamespaceUID()
	s.records[namespace] = append(s.records[namespace], newHeldRecord(baseline, record))
}

// addNamespace adds the rows of a namespace that are in the wanted states.
func (s *scan) addNamespace(namespace *corev1.Namespace) {
	if !policy.CanHold(namespace, s.ownNamespace) {
		return
	}
	records := s.records[namespace.UID]
	held := make([]policy.Held, len(records))
	for i := range records {
		held[i] = records[i].Held
	}
	isReviewed := isReviewed(namespace)
	for _, holding := range s.rules.Holdings(namespace, isReviewed, held, failures{namespace}) {
		if !s.states.matches(&holding) {
			continue
		}
		explainRelease := func() string { return s.rules.ExplainRelease(namespace, isReviewed, holding.Baseline) }
		s.rows = append(s.rows, newRow(namespace, s.baselines[holding.Baseline], &holding, findRecord(records, holding.Baseline), explainRelease))
	}
}

// findRecord returns the record of a baseline, or nil.
func findRecord(records []heldRecord, baseline string) *heldRecord {
	for i := range records {
		if records[i].Baseline == baseline {
			return &records[i]
		}
	}
	return nil
}

// isReviewed reports whether a namespace's annotation is in force, by its mark and its condition.
func isReviewed(namespace *corev1.Namespace) bool {
	_, asks := namespace.Annotations[v1alpha1.AnnotationBaseline]
	ready := readyCondition(namespace)
	isRefused := ready != nil && ready.Status == corev1.ConditionFalse && ready.Reason == v1alpha1.ReasonNotAuthorized
	return asks && !isRefused && !policy.IsMarked(namespace)
}

// failures implements policy.Failures by the condition BaselineReady, which is about all baselines of a namespace.
type failures struct{ namespace *corev1.Namespace }

// HasFailed reports whether the condition is False because of a failure.
func (f failures) HasFailed(string) bool {
	ready := readyCondition(f.namespace)
	if ready == nil || ready.Status != corev1.ConditionFalse {
		return false
	}
	switch ready.Reason {
	case v1alpha1.ReasonRestoreFailed, v1alpha1.ReasonRecordRefused, v1alpha1.ReasonRecordPending:
		return true
	}
	return false
}

// HasFailedUpdate reports false: no object of the API has an update that failed without a record.
func (failures) HasFailedUpdate(string) bool { return false }
