package fleet

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/policy"
)

// namespaceRow is a namespace with one of its baselines in the output of "fleet namespaces". Scripts read its fields.
type namespaceRow struct {
	Namespace string              `json:"namespace"`
	Baseline  string              `json:"baseline"`
	State     policy.HoldingState `json:"state"`
	// Kept reports whether an updated or outdated namespace kept an object.
	Kept bool `json:"kept"`
	// Drifted reports whether the last audit found an object that differs and was not put back.
	Drifted bool `json:"drifted"`
	// Revision is the number of the revision that it holds; omitted without a record, and if the history has it no more.
	Revision     int64  `json:"revision,omitempty"`
	RevisionHash string `json:"revisionHash,omitempty"`
	Backup       string `json:"backup,omitempty"`
	// Phase is that of the last restore or update; omitted without a record.
	Phase      string       `json:"phase,omitempty"`
	LastUpdate *metav1.Time `json:"lastUpdate,omitempty"`
	Why        string       `json:"why,omitempty"`
}

// newRow returns the row of a holding. held is the namespace's record, or nil.
func newRow(namespace *corev1.Namespace, baseline *v1alpha1.Baseline, holding *policy.Holding, held *heldRecord, explainRelease func() string) namespaceRow {
	row := namespaceRow{Namespace: namespace.Name, Baseline: baseline.Name, State: holding.State, Kept: holding.Kept, Drifted: holding.Drifted}
	if held != nil {
		row.RevisionHash, row.Backup, row.Phase, row.LastUpdate = held.hash, held.backup, held.phase, held.lastUpdate
		if known := baseline.FindRevision(held.hash); known != nil && held.hash != "" {
			row.Revision = known.Revision
		}
	}
	row.Why = output.OneLine(strings.Join(row.reasons(namespace, baseline, held, explainRelease), "; "))
	return row
}

// reasons returns the reasons of the row's state in clauses.
func (r *namespaceRow) reasons(namespace *corev1.Namespace, baseline *v1alpha1.Baseline, held *heldRecord, explainRelease func() string) []string {
	var reasons []string
	switch {
	case r.State == policy.HoldingReleased:
		return []string{explainRelease()}
	case held == nil:
		return []string{explainMissing(namespace)}
	case r.State == policy.HoldingFailed:
		reasons = append(reasons, held.failure)
	case r.State == policy.HoldingOutdated:
		reasons = append(reasons, r.explainOutdated(baseline))
	}
	if r.Kept {
		reasons = append(reasons, held.kept)
	}
	if held.drifted != "" { // also what was put back
		reasons = append(reasons, held.drifted)
	}
	return reasons
}

// explainOutdated returns the revision that the namespace holds, and the present one; or that its values are not the present ones.
func (r *namespaceRow) explainOutdated(baseline *v1alpha1.Baseline) string {
	present := "is not known yet"
	if baseline.Status.Revision > 0 {
		present = fmt.Sprintf("is %d", baseline.Status.Revision)
	}
	if r.RevisionHash != "" && r.RevisionHash == baseline.Status.RevisionHash {
		return "the labels or annotations that its values depend on have changed"
	}
	if r.Revision == 0 {
		return fmt.Sprintf("holds backup %s, and the present revision %s", output.OrNone(r.Backup), present)
	}
	return fmt.Sprintf("holds revision %d, and the present one %s", r.Revision, present)
}

// explainMissing returns the reason why a namespace has no record yet.
func explainMissing(namespace *corev1.Namespace) string {
	ready := readyCondition(namespace)
	if ready == nil || ready.Status == corev1.ConditionTrue || ready.Message == "" {
		return "not restored yet"
	}
	return ready.Message
}

// readyCondition returns a namespace's condition BaselineReady, or nil.
func readyCondition(namespace *corev1.Namespace) *corev1.NamespaceCondition {
	return v1alpha1.FindNamespaceCondition(namespace.Status.Conditions, v1alpha1.ConditionBaselineReady)
}

var rowColumns = slices.Concat(
	output.NewColumns(0, "Namespace", "Baseline", "Revision", "Phase", "Last Update", "Why"),
	output.NewColumns(1, "State", "Backup", "Hash"),
)

func rowsTable(rows []namespaceRow, now time.Time) *metav1.Table {
	table := &metav1.Table{ColumnDefinitions: rowColumns}
	for i := range rows {
		table.Rows = append(table.Rows, metav1.TableRow{Cells: rows[i].cells(now)})
	}
	return table
}

func (r *namespaceRow) cells(now time.Time) []any {
	return []any{
		r.Namespace, r.Baseline, formatRevision(r.Revision), r.formatPhase(), formatAge(r.LastUpdate, now), output.OrNone(r.Why),
		string(r.State), output.OrNone(r.Backup), output.OrNone(r.RevisionHash),
	}
}

// formatPhase returns the phase; the state of a namespace without a record.
func (r *namespaceRow) formatPhase() string {
	if r.Phase == "" {
		return string(r.State)
	}
	return r.Phase
}
