package flow

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

func TestEveryMetricCounts(t *testing.T) {
	e := sharedInstallation(t)
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a"))).Name, nil)
	target := e.uniqueName("target")
	e.createObjects(annotatedNamespace(target, baseline.Name))
	e.awaitReady(target, corev1.ConditionTrue, "")
	e.requireRefused(e.Client.Create(e.ctx(), annotatedNamespace(e.uniqueName("denied"), "no-such")), "no-such")
	e.createPreview(v1alpha1.BaselinePreviewSpec{Namespace: target, Baseline: baseline.Name})
	for _, test := range []struct{ name, label, value string }{
		{"seedbed_admission_duration_seconds", "verdict", "allowed"},
		{"seedbed_admission_duration_seconds", "verdict", "denied"},
		{"seedbed_admission_duration_seconds", "webhook", "choose.seedbed.dev"},
		{"seedbed_admission_hints_total", "result", "queued"},
		{"seedbed_restore_duration_seconds", "phase", v1alpha1.PhaseCompleted},
		{"seedbed_restored_objects_total", "result", "created"},
		{"seedbed_namespace_ready_seconds", "", ""},
		{"seedbed_plan_cache_bytes", "", ""},
		{"seedbed_plan_lookups_total", "result", "compiled"},
		{"seedbed_backup_duration_seconds", "phase", v1alpha1.PhaseCompleted},
		{"seedbed_preview_duration_seconds", "reason", v1alpha1.ReasonAnswered},
		{"seedbed_serving_certificate_expiry_timestamp_seconds", "", ""},
		{"seedbed_policies_in_force", "", ""},
		{"workqueue_queue_duration_seconds", "name", "namespace"},
	} {
		if value, err := readMetric(e.ctx(), running, test.name, test.label, test.value); err != nil || value <= 0 {
			t.Errorf("%s{%s=%q} is %v (%v)", test.name, test.label, test.value, value, err)
		}
	}
	families, err := readMetrics(e.ctx(), running)
	if err != nil || families["workqueue_depth"] == nil {
		t.Errorf("the queue's depth is not measured (%v)", err)
	}
}

// logLine has the fields of the controller's log that tests read.
type logLine struct {
	Message   string `json:"msg"`
	Namespace string `json:"namespace"`
	Baseline  string `json:"baseline"`
	Phase     string `json:"phase"`
	Created   int    `json:"created"`
}

// findLogLines returns the lines of a controller's log with this message about a namespace.
func (e *env) findLogLines(c *seedbed.Controller, message, namespace string) []logLine {
	e.t.Helper()
	log, err := os.ReadFile(c.Log)
	if err != nil {
		e.t.Fatal(err)
	}
	var found []logLine
	for text := range bytes.Lines(log[:bytes.LastIndexByte(log, '\n')+1]) { // the rest is being written
		var line logLine
		if err := json.Unmarshal(text, &line); err != nil {
			e.t.Fatalf("a line that is no event: %v: %s", err, text)
		}
		if line.Message == message && line.Namespace == namespace {
			found = append(found, line)
		}
	}
	return found
}

func TestRestoreIsOneLogLineAndNoEvent(t *testing.T) {
	e := sharedInstallation(t)
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a"), configMap("b")), "configmaps").Name, nil)
	target := annotatedNamespace(e.uniqueName("target"), baseline.Name)
	e.createObjects(target)
	e.awaitReady(target.Name, corev1.ConditionTrue, "")
	e.updateObject(target, func() { metav1.SetMetaDataLabel(&target.ObjectMeta, "another", "look") })
	after := e.uniqueName("after")
	e.createObjects(annotatedNamespace(after, baseline.Name))
	e.awaitReady(after, corev1.ConditionTrue, "") // by now the target's other reconciliation is over too

	want := logLine{Message: "Restored", Namespace: target.Name, Baseline: baseline.Name, Phase: v1alpha1.PhaseCompleted, Created: 2}
	if lines := e.findLogLines(running, "Restored", target.Name); len(lines) != 1 || lines[0] != want {
		t.Errorf("the log has %+v, want %+v alone", lines, want)
	}
	if events, err := e.restoreEvents(e.ctx(), target.Name); len(events) > 0 || err != nil {
		t.Errorf("there are the events %v (%v): the record and the condition tell", events, err)
	}
}

// restoreEvents returns "TYPE REASON: NOTE" of the events about the restores of a namespace, sorted.
func (e *env) restoreEvents(ctx context.Context, namespace string) ([]string, error) {
	var events eventsv1.EventList
	if err := e.Client.List(ctx, &events, client.InNamespace(namespace)); err != nil {
		return nil, err
	}
	var out []string
	for _, event := range events.Items {
		if event.Regarding.Kind == "BaselineRecord" {
			out = append(out, fmt.Sprintf("%s %s: %s", event.Type, event.Reason, event.Note))
		}
	}
	slices.Sort(out)
	return out, nil
}

func TestFailureAndRecoveryAreEvents(t *testing.T) {
	e := sharedInstallation(t)
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a")), "configmaps").Name, nil)
	target := e.uniqueName("target")
	var healed atomic.Bool
	probe := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: "probe"}}
	e.reviewCreations("configmaps", probe, func(request *admissionv1.AdmissionRequest) string {
		if request.Namespace == target && request.Name == "a" && !healed.Load() {
			return "not yet"
		}
		return ""
	})
	e.createObjects(annotatedNamespace(target, baseline.Name))
	e.awaitReady(target, corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed)
	healed.Store(true)
	e.awaitReady(target, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	e.eventually(func(ctx context.Context) error { // events are sent when there is time
		events, err := e.restoreEvents(ctx, target)
		if err != nil {
			return err
		}
		if len(events) < 2 || !strings.HasPrefix(events[0], "Normal Completed: 1 created") || !strings.HasPrefix(events[1], "Warning PartiallyFailed: 0 created") {
			return fmt.Errorf("the events are %q, want the failure and its end", events)
		}
		return nil
	})
}

func TestSecretValuesAreNotReported(t *testing.T) {
	e := sharedInstallation(t)
	value := "hunter2-" + e.suffix + "-" + e.uniqueName("planted")
	source := e.uniqueName("source")
	secret := func(name, rest string) string {
		return fmt.Sprintf(`{"apiVersion":"v1","kind":"Secret","metadata":{"name":%q,"namespace":%q},%s}`, name, source, rest)
	}
	encoded := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	// Each of these is warned of, or refused by the API server.
	objects := map[string]string{
		"secrets/" + source + "/differs":  secret("differs", fmt.Sprintf(`"data":{"password":%q}`, encoded(value))),
		"secrets/" + source + "/mentions": secret("mentions", fmt.Sprintf(`"data":{"url":%q}`, encoded("https://"+value+"@db."+source+".svc/"))),
		"secrets/" + source + "/refused":  secret("refused", fmt.Sprintf(`"type":"kubernetes.io/dockerconfigjson","data":{".dockerconfigjson":%q}`, encoded(value))),
		"secrets/" + source + "/no-bytes": secret("no-bytes", fmt.Sprintf(`"data":{"password":"%s!"}`, value)),
		"secrets/" + source + "/no-map":   secret("no-map", fmt.Sprintf(`"data":%q`, value)),
		"secrets/" + source + "/no-bool":  secret("no-bool", fmt.Sprintf(`"immutable":%q`, value)),
		"secrets/" + source + "/no-key":   secret("no-key", fmt.Sprintf(`"data":{"%s/":"YQ=="}`, "no key")),
		"services/" + source + "/db":      fmt.Sprintf(`{"apiVersion":"v1","kind":"Service","metadata":{"name":"db","namespace":%q},"spec":{"ports":[{"port":1}]}}`, source),
	}
	baseline := e.createBaseline(e.adoptContent(source, e.newArchive(objects)).Name, nil)
	target := e.createTenantNamespace(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "differs"}, StringData: map[string]string{"password": value + "-too"}})
	e.requestBaselines(target, baseline.Name)
	e.awaitReady(target.Name, corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed)
	record := e.getRecord(target.Name, baseline.Name)
	if status := record.Result; status.Counts.Failed < 3 || status.Counts.Kept != 1 || !strings.Contains(fmt.Sprint(status.Warnings), "secrets/mentions") {
		t.Errorf("the record is %+v, want warnings and errors about Secrets", status)
	}
	e.eventually(func(ctx context.Context) error {
		var events eventsv1.EventList
		if err := e.Client.List(ctx, &events, client.InNamespace(target.Name)); err != nil {
			return err
		}
		if len(events.Items) == 0 {
			return fmt.Errorf("no events yet")
		}
		return nil
	})
	for _, namespace := range []string{target.Name, e.uniqueName("none")} {
		e.createPreview(v1alpha1.BaselinePreviewSpec{Namespace: namespace, Baseline: baseline.Name, Objects: true})
	}
	for where, text := range e.listReports() {
		for _, form := range []string{value, strings.TrimRight(encoded(value), "=")} {
			if strings.Contains(text, form) {
				t.Errorf("%s has the Secret's value in it", where)
			}
		}
	}
}

// listReports returns every text in which Seedbed reports its work.
func (e *env) listReports() map[string]string {
	e.t.Helper()
	log, err := os.ReadFile(running.Log)
	if err != nil {
		e.t.Fatal(err)
	}
	families, err := readMetrics(e.ctx(), running)
	if err != nil {
		e.t.Fatal(err)
	}
	told := map[string]string{"the log": string(log), "metrics": fmt.Sprint(families)}
	for where, list := range map[string]client.ObjectList{
		"an event": &eventsv1.EventList{}, "a namespace": &corev1.NamespaceList{}, "a BaselineRecord": &v1alpha1.BaselineRecordList{}, "a BaselineRestore": &v1alpha1.BaselineRestoreList{},
		"a Baseline": &v1alpha1.BaselineList{}, "a BaselineBackup": &v1alpha1.BaselineBackupList{},
		"a BaselinePreview": &v1alpha1.BaselinePreviewList{},
	} {
		if err := e.Client.List(e.ctx(), list); err != nil {
			e.t.Fatal(err)
		}
		text, err := json.Marshal(list)
		if err != nil {
			e.t.Fatal(err)
		}
		told[where] = string(text)
	}
	return told
}
