package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestHeldBy(t *testing.T) {
	all := VeleroRestore{Name: "velero/all", Phase: "InProgress"}
	in := func(phase string) []VeleroRestore { return []VeleroRestore{{Name: "velero/all", Phase: phase}} }
	for name, test := range map[string]struct {
		restores []VeleroRestore
		want     string
	}{
		"no Restore":                             {},
		"a Restore that Velero has not seen yet": {restores: in(""), want: "velero/all"},
		"a new one":                              {restores: in("New"), want: "velero/all"},
		"a running one":                          {restores: in("InProgress"), want: "velero/all"},
		"one that waits for its plugins":         {restores: in("WaitingForPluginOperations")},
		"one that failed in part and waits":      {restores: in("WaitingForPluginOperationsPartiallyFailed")},
		"one that is being finalized":            {restores: in("Finalizing")},
		"an ended one":                           {restores: in("Completed")},
		"one that ended with errors":             {restores: in("PartiallyFailed")},
		"one that failed":                        {restores: in("Failed")},
		"one that is not valid":                  {restores: in("FailedValidation")},
		"an ended one, and one that runs":        {restores: []VeleroRestore{{Name: "velero/old", Phase: "Completed"}, all}, want: "velero/all"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := HeldBy("tenant", test.restores); got != test.want {
				t.Errorf("HeldBy = %q, want %q", got, test.want)
			}
		})
	}
}

func TestHeldByReachesTheNamespacesOfARestore(t *testing.T) {
	for name, test := range map[string]struct {
		restore VeleroRestore
		held    bool
	}{
		"all namespaces":                            {held: true},
		"all by a star":                             {restore: VeleroRestore{Included: []string{"*"}}, held: true},
		"its own name":                              {restore: VeleroRestore{Included: []string{"other", "tenant"}}, held: true},
		"other names":                               {restore: VeleroRestore{Included: []string{"other", "tenant-2"}}},
		"all but its own":                           {restore: VeleroRestore{Excluded: []string{"tenant"}}},
		"its own, and excluded as well":             {restore: VeleroRestore{Included: []string{"tenant"}, Excluded: []string{"tenant"}}},
		"a pattern":                                 {restore: VeleroRestore{Included: []string{"ten*"}}, held: true},
		"a pattern of others":                       {restore: VeleroRestore{Included: []string{"prod-?"}}},
		"all but a pattern":                         {restore: VeleroRestore{Excluded: []string{"t[ae]nant"}}},
		"a pattern that only Velero can read":       {restore: VeleroRestore{Included: []string{"{prod,test}-*"}}, held: true},
		"all but a pattern that only Velero reads":  {restore: VeleroRestore{Excluded: []string{"{tenant,test}"}}, held: true},
		"a pattern that does not parse":             {restore: VeleroRestore{Included: []string{"[tenant"}}, held: true},
		"another one under its name":                {restore: VeleroRestore{Included: []string{"source"}, Mapping: map[string]string{"source": "tenant"}}, held: true},
		"all, another one of them under its name":   {restore: VeleroRestore{Mapping: map[string]string{"source": "tenant"}}, held: true},
		"its own under another name":                {restore: VeleroRestore{Included: []string{"tenant"}, Mapping: map[string]string{"tenant": "copy"}}},
		"all, its own under another name":           {restore: VeleroRestore{Mapping: map[string]string{"tenant": "copy"}}},
		"two that swap their names":                 {restore: VeleroRestore{Mapping: map[string]string{"tenant": "copy", "copy": "tenant"}}, held: true},
		"a mapping of a namespace that is excluded": {restore: VeleroRestore{Included: []string{"x"}, Mapping: map[string]string{"source": "tenant"}}},
	} {
		t.Run(name, func(t *testing.T) {
			test.restore.Name, test.restore.Phase = "velero/r", "InProgress"
			if got := HeldBy("tenant", []VeleroRestore{test.restore}) != ""; got != test.held {
				t.Errorf("held = %v, want %v", got, test.held)
			}
		})
	}
}

func TestMadeByVelero(t *testing.T) {
	const update, apply = metav1.ManagedFieldsOperationUpdate, metav1.ManagedFieldsOperationApply
	entry := func(manager string, operation metav1.ManagedFieldsOperationType, subresource string) metav1.ManagedFieldsEntry {
		return metav1.ManagedFieldsEntry{Manager: manager, Operation: operation, Subresource: subresource, FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{}}`)}
	}
	for name, test := range map[string]struct {
		entries []metav1.ManagedFieldsEntry
		want    bool
	}{
		"no entry":                   {},
		"made by kubectl":            {entries: []metav1.ManagedFieldsEntry{entry("kubectl-create", update, "")}},
		"made by Velero":             {entries: []metav1.ManagedFieldsEntry{entry("velero-server", update, "")}, want: true},
		"made by Velero, changed":    {entries: []metav1.ManagedFieldsEntry{entry("kubectl-edit", update, ""), entry("velero-server", update, "")}, want: true},
		"its status alone by Velero": {entries: []metav1.ManagedFieldsEntry{entry("velero-server", update, "status")}},
		"applied by that name":       {entries: []metav1.ManagedFieldsEntry{entry("velero-server", apply, "")}},
	} {
		t.Run(name, func(t *testing.T) {
			namespace := &metav1.ObjectMeta{ManagedFields: test.entries}
			if got := MadeByVelero(namespace); got != test.want {
				t.Errorf("MadeByVelero = %v, want %v", got, test.want)
			}
			kept := VeleroFields(namespace)
			namespace.ManagedFields = kept
			if got := MadeByVelero(namespace); got != test.want {
				t.Errorf("with VeleroFields alone: MadeByVelero = %v, want %v", got, test.want)
			}
			if diff := cmp.Diff(kept, VeleroFields(namespace)); diff != "" {
				t.Errorf("once more: %s", diff)
			}
		})
	}
}
