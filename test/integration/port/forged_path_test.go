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

// content is in the stored backup alone, and hidden is the prefix of every name that a forger does not know.
const (
	content = "the-content-of-a-secret"
	hidden  = "hidden-"
)

// hideContent stores a backup with content, creates a Baseline of it, and deletes the source.
func (e *env) hideContent() {
	e.t.Helper()
	e.createObject(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: hidden + "source"}})
	e.createObject(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: hidden + "source", Name: hidden + "secret"}, StringData: map[string]string{"password": content}})
	e.createObject(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: hidden + "source", Name: hidden + "config"}, Data: map[string]string{"dsn": content}})
	e.createObject(newBackup(hidden+"backup", []string{"secrets", "configmaps"}, hidden+"source"))
	e.requireEventually(func(ctx context.Context) error {
		stored := &v1alpha1.BaselineBackup{}
		if err := e.Client.Get(ctx, client.ObjectKey{Name: hidden + "backup"}, stored); err != nil {
			return err
		}
		if !meta.IsStatusConditionTrue(stored.Status.Conditions, v1alpha1.ConditionReady) {
			return errors.New("the backup is not stored yet")
		}
		return nil
	})
	e.createObject(&v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: hidden + "baseline"}, Spec: v1alpha1.BaselineSpec{Backup: hidden + "backup"}})
	if err := e.Client.Delete(testContext(e.t), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: hidden + "source"}}); err != nil {
		e.t.Fatal(err)
	}
}

// forgery is one invented review. Its names are guesses, one letter short of the real ones.
type forgery struct {
	operation admissionv1.Operation
	object    any
}

func guessName(kind string) string { return strings.TrimSuffix(hidden+kind, kind[len(kind)-1:]) }

func allForgeries() map[string]forgery {
	object := func(kind, name string, spec map[string]any) map[string]any {
		return map[string]any{
			"apiVersion": v1alpha1.GroupVersion.String(), "kind": kind, "spec": spec,
			"metadata": map[string]any{"name": name, "namespace": "default", "uid": "forged"},
		}
	}
	return map[string]forgery{
		"a namespace that asks":         {admissionv1.Create, newNamespace("new", guessName("baseline"))},
		"a namespace that asks anew":    {admissionv1.Update, newNamespace("default", guessName("baseline"))},
		"a namespace":                   {admissionv1.Create, newNamespace("new", "")},
		"a backup":                      {admissionv1.Create, newBackup("new", []string{"secretz"}, guessName("source"))},
		"a backup's deletion":           {admissionv1.Delete, newBackup(guessName("backup"), nil, "default")},
		"a Baseline":                    {admissionv1.Create, object("Baseline", "new", map[string]any{"backup": guessName("backup")})},
		"a Baseline's update":           {admissionv1.Update, object("Baseline", "new", map[string]any{"backup": guessName("backup")})},
		"a restore":                     {admissionv1.Create, object("BaselineRestore", "new", map[string]any{"backup": guessName("backup")})},
		"a preview of a guess":          {admissionv1.Create, object("BaselinePreview", "new", map[string]any{"backup": guessName("backup"), "namespace": "new", "objects": true})},
		"a preview of guessed names":    {admissionv1.Create, object("BaselinePreview", "new", map[string]any{"backup": hidden + "backup", "namespace": "new", "objects": true})},
		"a preview of a live namespace": {admissionv1.Create, object("BaselinePreview", "new", map[string]any{"baseline": hidden + "baseline", "namespace": "default", "objects": true})},
	}
}

// A forged review by an outdated or wrong path is not read: the response is an empty 404 and no access review follows.
func TestWrongPathsGetEmpty404(t *testing.T) {
	e := newEnv(t)
	controller := e.startController()
	e.hideContent()
	f, paths := e.newForger(controller), e.webhookPaths()
	segment := regexp.MustCompile(`[0-9a-f]{64}`).FindString(paths["populate.seedbed.dev"])
	if segment == "" {
		t.Fatalf("the paths hold no segment: %v", paths)
	}
	before := e.apiRequests("subjectaccessreviews")
	for name, forged := range allForgeries() {
		for _, dryRun := range []bool{true, false} {
			body := encodeReview(t, masters, forged.operation, dryRun, forged.object)
			for _, path := range wrongPaths(segment, "backups.seedbed.dev") {
				t.Run(fmt.Sprint(name, " dry run ", dryRun, " by ", path), func(t *testing.T) {
					if status, answer, err := f.postReview(path, body); err != nil || status != http.StatusNotFound || answer != "" {
						t.Errorf("answered %d %q, %v; want 404 and nothing", status, answer, err)
					}
				})
			}
		}
	}
	if asked := e.apiRequests("subjectaccessreviews") - before; asked > 0 {
		t.Errorf("wrong paths caused %.0f access reviews", asked)
	}
	text, err := controller.Scrape(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	if rejected := sumSeries(t, text, "seedbed_webhook_rejected_total", "reason", "path"); rejected < 100 {
		t.Errorf("%.0f rejections are counted", rejected)
	}
}

// wrongPaths returns the paths that a process without the segment may try: none, an older form, another webhook's, cut, longer.
func wrongPaths(segment, webhook string) []string {
	other := strings.Repeat("0", len(segment))
	return []string{
		"/", "/" + webhook, "/validate-namespace-authorize", "/" + other + "/" + webhook, "/" + segment, "/" + segment + "/",
		"/" + segment + "/other.seedbed.dev", "/" + segment[1:] + "/" + webhook, "/" + segment + "0/" + webhook,
		"/" + strings.ToUpper(segment) + "/" + webhook, "//" + segment + "/" + webhook, "/" + segment + "/" + webhook + "/", "/metrics", "/healthz",
	}
}
