package apply

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"seedbed.dev/seedbed/pkg/apply/merge"
	"seedbed.dev/seedbed/pkg/internal/manifest"
)

var writtenAt = time.Date(2026, 11, 30, 11, 0, 0, 0, time.UTC)

// liveEntry returns the entry of a manager that wrote fields, as a JSON of field sets.
func liveEntry(manager, fields string, at time.Time) any {
	return map[string]any{
		"manager": manager, "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "time": at.Format(time.RFC3339),
		"fieldsV1": map[string]any{"f:data": map[string]any{"f:" + fields: map[string]any{}}},
	}
}

// newDriftCase returns a ConfigMap as the baseline wrote it: a=1 and b=2.
func newDriftCase() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap",
		"metadata": map[string]any{"name": "web", "uid": "1", "resourceVersion": "7", "labels": map[string]any{"owner": "web"}},
		"data":     map[string]any{"a": "1", "b": "2"},
	}}
}

// driftCase is a live object and what an audit of it finds and does.
type driftCase struct {
	// edit changes the live object; it may remove it.
	edit       func(s *objectServer)
	inspection Inspection
	required   bool
	// drift is the state and the reason; managers are those of the drift.
	drift, managers string
	// result and data are of the correction, and so are its calls.
	result Result
	data   map[string]string
	calls  string
}

func setData(s *objectServer, data map[string]any, entries ...any) {
	s.live.Object["data"] = data
	_ = unstructured.SetNestedSlice(s.live.Object, entries, "metadata", "managedFields")
}

func TestInspectAndCorrect(t *testing.T) {
	ours := liveEntry("seedbed", "a", writtenAt)
	late := liveEntry("seedbed", "a", writtenAt.Add(time.Hour))
	theirs := liveEntry("kubectl", "a", writtenAt)
	before := Inspection{WrittenBefore: writtenAt.Add(time.Second)}
	exactly := Inspection{Exact: true, WrittenBefore: before.WrittenBefore, RestoredAt: writtenAt}
	setsA := func(written *unstructured.Unstructured) {
		_ = unstructured.SetNestedField(written.Object, "x", "data", "a")
	}
	same := map[string]string{"a": "1", "b": "2"}
	for name, test := range map[string]driftCase{
		"nothing differs": {result: Unchanged, data: same, calls: "GET 200"},
		"a value that another manager wrote": {
			edit:  func(s *objectServer) { setData(s, map[string]any{"a": "x", "b": "2"}, ours, theirs) },
			drift: "Changed data.a was changed by kubectl", managers: "kubectl", result: Updated, data: same, calls: "GET 200, PUT 200",
		},
		"a value that Seedbed's own write got from a webhook": {
			edit: func(s *objectServer) {
				setData(s, map[string]any{"a": "x", "b": "2"}, ours, liveEntry("kubectl", "c", writtenAt))
			},
			result: Unchanged, data: map[string]string{"a": "x", "b": "2"}, calls: "GET 200",
		},
		"a value that was removed": {
			edit:  func(s *objectServer) { setData(s, map[string]any{"b": "2"}, ours) },
			drift: "Changed data.a was removed", result: Updated, data: same, calls: "GET 200, PUT 200",
		},
		"written under Seedbed's name, later": {
			edit:       func(s *objectServer) { setData(s, map[string]any{"a": "x", "b": "2"}, late) },
			inspection: before, drift: "Changed data.a was changed by an unknown manager", result: Updated, data: same, calls: "GET 200, dry POST 201, PUT 200",
		},
		"without managers": {
			edit:       func(s *objectServer) { setData(s, map[string]any{"a": "x", "b": "2"}) },
			inspection: before, drift: "Changed data.a was changed by an unknown manager", result: Updated, data: same, calls: "GET 200, dry POST 201, PUT 200",
		},
		"a field that may differ": {
			edit:       func(s *objectServer) { setData(s, map[string]any{"a": "x", "b": "2"}, theirs) },
			inspection: Inspection{Ignored: func(path merge.Path) bool { return path.String() == "data.a" }}, result: Unchanged, data: map[string]string{"a": "x", "b": "2"}, calls: "GET 200",
		},
		"an added value": {
			edit: func(s *objectServer) {
				setData(s, map[string]any{"a": "1", "b": "2", "c": "3"}, ours, liveEntry("kubectl", "c", writtenAt))
			},
			result: Unchanged, data: map[string]string{"a": "1", "b": "2", "c": "3"}, calls: "GET 200",
		},
		"an added value, exactly": {
			edit: func(s *objectServer) {
				setData(s, map[string]any{"a": "1", "b": "2", "c": "3"}, ours, liveEntry("kubectl", "c", writtenAt))
			},
			inspection: Inspection{Exact: true}, drift: "Changed data.c was changed by kubectl", managers: "kubectl", result: Updated, data: same, calls: "GET 200, dry POST 201, PUT 200",
		},
		"a value behind managers that a tenant has set, exactly": {
			edit:       func(s *objectServer) { setData(s, map[string]any{"a": "x", "b": "2"}, ours) },
			inspection: exactly, drift: "Changed data.a was changed by an unknown manager", result: Updated, data: same, calls: "GET 200, dry POST 201, PUT 200",
		},
		"a value that a webhook gives each new object, exactly": {
			edit: func(s *objectServer) {
				setData(s, map[string]any{"a": "x", "b": "2"}, ours)
				s.mutate = setsA
			},
			inspection: exactly, result: Unchanged, data: map[string]string{"a": "x", "b": "2"}, calls: "GET 200, dry POST 201",
		},
		"a tenant's value beside that of a webhook, exactly": {
			edit: func(s *objectServer) {
				setData(s, map[string]any{"a": "x", "b": "y"}, ours, liveEntry("kubectl", "b", writtenAt))
				s.mutate = setsA
			},
			inspection: exactly, drift: "Changed data.b was changed by kubectl", managers: "kubectl", result: Updated, data: map[string]string{"a": "x", "b": "2"},
			calls: "GET 200, dry POST 201, PUT 200",
		},
		"a quota refuses another object, exactly": {
			edit: func(s *objectServer) {
				setData(s, map[string]any{"a": "x", "b": "2"}, ours)
				s.invalid = newStatus(403, metav1.StatusReasonForbidden, "exceeded quota")
			},
			inspection: exactly, drift: "Changed data.a was changed by an unknown manager", result: Updated, data: same, calls: "GET 200, dry POST 403, PUT 200",
		},
		"deleted": {edit: func(s *objectServer) { s.live = nil }, drift: "Missing", result: Created, data: same, calls: "GET 404, POST 201"},
		"being deleted": {edit: func(s *objectServer) {
			s.live.SetDeletionTimestamp(&metav1.Time{Time: writtenAt})
			s.live.Object["data"] = nil
		}, result: Unchanged, data: map[string]string{}, calls: "GET 200"},
		"in a first generation that a tenant's create may have set, exactly": {
			edit: func(s *objectServer) {
				setData(s, map[string]any{"a": "x", "b": "2"}, theirs)
				s.live.SetGeneration(1)
				s.live.SetCreationTimestamp(metav1.Time{Time: writtenAt})
			},
			inspection: exactly, drift: "Changed data.a was changed by kubectl", managers: "kubectl", result: Updated, data: same, calls: "GET 200, dry POST 201, PUT 200",
		},
		"in the first generation of another one, exactly": {
			edit: func(s *objectServer) {
				setData(s, map[string]any{"a": "x", "b": "2"}, ours)
				s.live.SetGeneration(1)
				s.live.SetCreationTimestamp(metav1.Time{Time: writtenAt.Add(time.Hour)})
			},
			inspection: exactly, drift: "Changed data.a was changed by an unknown manager", result: Updated, data: same, calls: "GET 200, dry POST 201, PUT 200",
		},
		"an owner, exactly": {
			edit: func(s *objectServer) {
				s.live.SetOwnerReferences([]metav1.OwnerReference{{Kind: "ConfigMap", Name: "x", UID: "1"}})
			},
			inspection: exactly, drift: "Changed metadata.ownerReferences was changed by an unknown manager", result: Updated, data: same, calls: "GET 200, dry POST 201, PUT 200",
		},
		"an owner": {
			edit: func(s *objectServer) {
				s.live.SetOwnerReferences([]metav1.OwnerReference{{Kind: "ConfigMap", Name: "x", UID: "1"}})
			},
			result: Unchanged, data: same, calls: "GET 200",
		},
		"being deleted for long, exactly": {
			edit: func(s *objectServer) {
				s.live.SetDeletionTimestamp(&metav1.Time{Time: writtenAt})
				s.live.SetFinalizers([]string{"example.com/a", "example.com/b"})
			},
			inspection: Inspection{Exact: true, DeletedBefore: writtenAt.Add(time.Second)},
			drift:      "Changed is being deleted, and held by the finalizers example.com/a, example.com/b", result: Kept, data: same, calls: "GET 200, dry POST 201",
		},
		"being deleted, exactly": {
			edit: func(s *objectServer) {
				s.live.SetDeletionTimestamp(&metav1.Time{Time: writtenAt})
				setData(s, map[string]any{"a": "x", "b": "2"}, ours)
			},
			inspection: exactly, drift: "Changed data.a was changed by an unknown manager", result: Updated, data: same, calls: "GET 200, dry POST 201, PUT 200",
		},
		"without the label": {
			edit:  func(s *objectServer) { s.live.SetLabels(nil); setData(s, map[string]any{"a": "x"}, theirs) },
			drift: "Disowned lacks the label owner", result: Kept, data: map[string]string{"a": "x"}, calls: "GET 200",
		},
		"without the label, of a Required baseline": {
			edit:  func(s *objectServer) { s.live.SetLabels(nil); setData(s, map[string]any{"a": "x"}, theirs) },
			drift: "Disowned lacks the label owner", required: true, result: Updated, data: same, calls: "GET 200, PUT 200",
		},
		"with the label of a Required baseline": {
			edit:  func(s *objectServer) { s.live.SetLabels(map[string]string{"owner": "guards"}) },
			drift: `Disowned belongs to the baseline "guards"`, required: true, result: Kept, data: same, calls: "GET 200",
		},
		"immutable, of a Required baseline": {
			edit: func(s *objectServer) {
				setData(s, map[string]any{"a": "x", "b": "2"}, theirs)
				s.refusal = newStatus(422, metav1.StatusReasonInvalid, "immutable")
			},
			drift: "Changed data.a was changed by kubectl", managers: "kubectl", required: true, result: Updated, data: same,
			calls: "GET 200, dry POST 201, PUT 422, dry POST 409, DELETE 200, POST 201",
		},
		"changed while it is corrected": {
			edit: func(s *objectServer) {
				setData(s, map[string]any{"a": "x", "b": "2"}, theirs)
				s.intercept = onFirst("PUT", func() *metav1.Status { s.live.SetResourceVersion("9"); return nil })
			},
			drift: "Changed data.a was changed by kubectl", managers: "kubectl", result: Updated, data: same, calls: "GET 200, dry POST 201, PUT 409, GET 200, dry POST 201, PUT 200",
		},
		"created while it is corrected": {
			edit: func(s *objectServer) {
				s.live = nil
				s.intercept = onFirst("POST", func() *metav1.Status { s.live = newDriftCase(); return nil })
			},
			drift: "Missing", result: Unchanged, data: same, calls: "GET 404, POST 409, GET 200",
		},
	} {
		t.Run(name, test.check)
	}
}

func (c driftCase) check(t *testing.T) {
	server := &objectServer{live: newDriftCase()}
	if c.edit != nil {
		c.edit(server)
	}
	content := newDriftCase()
	object := newGoldenObject(t, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "web"}, "data": content.Object["data"],
	}})
	target := Target{
		Namespace: "bar", Update: true, Replace: c.required, Labels: manifest.NewLabels(map[string]string{"owner": "web"}), OwnerLabel: "owner",
		TrustOwner: !c.required, Owners: []string{"guards"}, Rules: goldenRules{},
	}
	applier := server.newApplier(t, object.Kind)
	drift := applier.Inspect(t.Context(), target, object, c.inspection)
	if got := strings.TrimSpace(string(drift.State) + " " + drift.Reason); drift.Err != nil || got != c.drift || drift.Managers != c.managers {
		t.Errorf("drift %q by %q, %v; want %q by %q", got, drift.Managers, drift.Err, c.drift, c.managers)
	}
	for _, call := range server.calls {
		if !strings.HasPrefix(call, "GET") && !strings.HasPrefix(call, "dry ") {
			t.Errorf("comparing it has written: %s", call)
		}
	}
	server.calls = nil
	change := applier.Correct(t.Context(), target, object, c.inspection)
	if got := strings.Join(server.calls, ", "); change.Err != nil || change.Result != c.result || got != c.calls {
		t.Errorf("result %s, %v by %s; want %s by %s", change.Result, change.Err, got, c.result, c.calls)
	}
	data, _, _ := unstructured.NestedStringMap(server.live.Object, "data")
	for key, value := range c.data {
		if data[key] != value {
			t.Errorf("the data is %v, want %v", data, c.data)
		}
	}
	if len(data) != len(c.data) {
		t.Errorf("the data is %v, want %v", data, c.data)
	}
}

// A value that a webhook would set again is no drift, and the dry run's refusal does not hide one.
func TestInspectAsksTheAPIServer(t *testing.T) {
	for name, test := range map[string]struct {
		mutate  func(written *unstructured.Unstructured)
		refusal *metav1.Status
		want    DriftState
	}{
		"a webhook sets it again": {mutate: func(written *unstructured.Unstructured) {
			_ = unstructured.SetNestedField(written.Object, "x", "data", "a")
		}},
		"a policy refuses it": {refusal: newStatus(403, metav1.StatusReasonForbidden, "no"), want: DriftChanged},
		"it is stored":        {want: DriftChanged},
	} {
		t.Run(name, func(t *testing.T) {
			server := &objectServer{live: newDriftCase(), mutate: test.mutate, refusal: test.refusal}
			setData(server, map[string]any{"a": "x", "b": "2"}, liveEntry("kubectl", "a", writtenAt))
			object := newGoldenObject(t, &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "data": newDriftCase().Object["data"]}})
			drift := server.newApplier(t, object.Kind).Inspect(t.Context(), Target{Namespace: "bar", Rules: goldenRules{}}, object, Inspection{})
			if drift.State != test.want || drift.Err != nil {
				t.Errorf("drift %q, %v; want %q", drift.State, drift.Err, test.want)
			}
		})
	}
}
