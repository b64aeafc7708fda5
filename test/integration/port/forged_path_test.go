package port

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// content is in the stored backup alone, and hidden begins every name of an object that a forger does not know.
const (
	content = "the-content-of-a-secret"
	hidden  = "hidden-"
)

// hide stores a backup with content, makes a Baseline of it, and deletes the source.
func (w *world) hide() {
	w.t.Helper()
	w.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: hidden + "source"}})
	w.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: hidden + "source", Name: hidden + "secret"}, StringData: map[string]string{"password": content}})
	w.create(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: hidden + "source", Name: hidden + "config"}, Data: map[string]string{"dsn": content}})
	w.create(backup(hidden+"backup", []string{"secrets", "configmaps"}, hidden+"source"))
	w.eventually(func(ctx context.Context) error {
		stored := &v1alpha1.BaselineBackup{}
		if err := w.Client.Get(ctx, client.ObjectKey{Name: hidden + "backup"}, stored); err != nil {
			return err
		}
		if !meta.IsStatusConditionTrue(stored.Status.Conditions, v1alpha1.ConditionReady) {
			return errors.New("the backup is not stored yet")
		}
		return nil
	})
	w.create(&v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: hidden + "baseline"}, Spec: v1alpha1.BaselineSpec{Backup: hidden + "backup"}})
	if err := w.Client.Delete(deadline(w.t), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: hidden + "source"}}); err != nil {
		w.t.Fatal(err)
	}
}

// forgery is one review that somebody makes up. Names in it are guessed, one letter short of what is there.
type forgery struct {
	operation admissionv1.Operation
	object    any
}

func guess(kind string) string { return strings.TrimSuffix(hidden+kind, kind[len(kind)-1:]) }

func forgeries() map[string]forgery {
	object := func(kind, name string, spec map[string]any) map[string]any {
		return map[string]any{
			"apiVersion": v1alpha1.GroupVersion.String(), "kind": kind, "spec": spec,
			"metadata": map[string]any{"name": name, "namespace": "default", "uid": "forged"},
		}
	}
	return map[string]forgery{
		"a namespace that asks":         {admissionv1.Create, namespace("new", guess("baseline"))},
		"a namespace that asks anew":    {admissionv1.Update, namespace("default", guess("baseline"))},
		"a namespace":                   {admissionv1.Create, namespace("new", "")},
		"a backup":                      {admissionv1.Create, backup("new", []string{"secretz"}, guess("source"))},
		"a backup's deletion":           {admissionv1.Delete, backup(guess("backup"), nil, "default")},
		"a Baseline":                    {admissionv1.Create, object("Baseline", "new", map[string]any{"backup": guess("backup")})},
		"a Baseline's update":           {admissionv1.Update, object("Baseline", "new", map[string]any{"backup": guess("backup")})},
		"a restore":                     {admissionv1.Create, object("BaselineRestore", "new", map[string]any{"backup": guess("backup")})},
		"a preview of a guess":          {admissionv1.Create, object("BaselinePreview", "new", map[string]any{"backup": guess("backup"), "namespace": "new", "objects": true})},
		"a preview of what was guessed": {admissionv1.Create, object("BaselinePreview", "new", map[string]any{"backup": hidden + "backup", "namespace": "new", "objects": true})},
		"a preview of a live namespace": {admissionv1.Create, object("BaselinePreview", "new", map[string]any{"baseline": hidden + "baseline", "namespace": "default", "objects": true})},
	}
}

// A forged review by a path that is not the present one is not read: nothing is answered and nothing asked.
func TestWrongPathsAreAnsweredByNothing(t *testing.T) {
	w := newWorld(t)
	controller := w.start()
	w.hide()
	f, paths := w.forger(controller), w.paths()
	segment := regexp.MustCompile(`[0-9a-f]{64}`).FindString(paths["populate.seedbed.dev"])
	if segment == "" {
		t.Fatalf("the paths hold no segment: %v", paths)
	}
	before := w.apiRequests("subjectaccessreviews")
	for name, forged := range forgeries() {
		for _, dryRun := range []bool{true, false} {
			body := review(t, masters, forged.operation, dryRun, forged.object)
			for _, path := range wrongPaths(segment, "backups.seedbed.dev") {
				t.Run(fmt.Sprint(name, " dry run ", dryRun, " by ", path), func(t *testing.T) {
					if status, answer, err := f.post(path, body); err != nil || status != http.StatusNotFound || answer != "" {
						t.Errorf("answered %d %q, %v; want 404 and nothing", status, answer, err)
					}
				})
			}
		}
	}
	if asked := w.apiRequests("subjectaccessreviews") - before; asked > 0 {
		t.Errorf("wrong paths caused %.0f access reviews", asked)
	}
	text, err := controller.Scrape(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	if rejected := sum(t, text, "seedbed_webhook_rejected_total", "reason", "path"); rejected < 100 {
		t.Errorf("%.0f rejections are counted", rejected)
	}
}

// wrongPaths are those that a process without the segment may try: none, an older form, somebody else's, cut, longer.
func wrongPaths(segment, webhook string) []string {
	other := strings.Repeat("0", len(segment))
	return []string{
		"/", "/" + webhook, "/validate-namespace-authorize", "/" + other + "/" + webhook, "/" + segment, "/" + segment + "/",
		"/" + segment + "/other.seedbed.dev", "/" + segment[1:] + "/" + webhook, "/" + segment + "0/" + webhook,
		"/" + strings.ToUpper(segment) + "/" + webhook, "//" + segment + "/" + webhook, "/" + segment + "/" + webhook + "/", "/metrics", "/healthz",
	}
}
