package flow

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// What -o yaml prints is what the restore writes: the API server adds to it and changes nothing of it.
func TestThePrintedObjectsAreWhatTheRestoreWrites(t *testing.T) {
	w := shared(t)
	source, target := w.previewSource(), w.name("target")
	backup := w.backup(source).Name
	printed := w.tool("restore", "create", "--from-backup", backup, "--namespace-mappings", source+":"+target, "--dry-run", "-o", "yaml")
	if !strings.HasPrefix(printed, "# The values of Secrets are left out.\n") {
		t.Errorf("it begins with %.80q", printed)
	}
	for _, secret := range []string{secretValue, base64.StdEncoding.EncodeToString([]byte(secretValue))} {
		if strings.Contains(printed, secret) {
			t.Error("the Secret's value is printed")
		}
	}
	w.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: target}})
	w.defaultAccount(target)
	restored := w.byHand(target, backup, "", v1alpha1.PhasePartiallyFailed)

	objects := documents(t, printed)
	if want := int(restored.Counts.Created + restored.Counts.Updated); len(objects) != want {
		t.Errorf("%d objects are printed, want %d", len(objects), want)
	}
	for _, object := range objects {
		if object.GetNamespace() != target {
			t.Errorf("%s %s is in namespace %q", object.GetKind(), object.GetName(), object.GetNamespace())
		}
		if object.GetName() == "default" {
			continue // merged
		}
		got := &unstructured.Unstructured{}
		got.SetGroupVersionKind(object.GroupVersionKind())
		if err := w.Client.Get(w.ctx(), client.ObjectKeyFromObject(object), got); err != nil {
			t.Error(err)
			continue
		}
		if data := object.Object["data"]; object.GetKind() == "Secret" {
			if diff := cmp.Diff(map[string]any{"token": v1alpha1.PreviewLeftOut}, data); diff != "" {
				t.Errorf("the Secret's data (want, got): %s", diff)
			}
			delete(object.Object, "data")
		}
		if diff := cmp.Diff(object.Object, common(object.Object, got.Object)); diff != "" {
			t.Errorf("%s %s (printed, restored): %s", object.GetKind(), object.GetName(), diff)
		}
	}
}

// documents reads a stream of YAML.
func documents(t *testing.T, text string) []*unstructured.Unstructured {
	t.Helper()
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(text), 4096)
	var objects []*unstructured.Unstructured
	for {
		raw, object := runtime.RawExtension{}, &unstructured.Unstructured{}
		if err := decoder.Decode(&raw); errors.Is(err, io.EOF) {
			return objects
		} else if err := errors.Join(err, object.UnmarshalJSON(raw.Raw)); err != nil {
			t.Fatal(err)
		}
		objects = append(objects, object)
	}
}

// common is the part of what the API server has that is written too.
func common(written, has any) any {
	switch w := written.(type) {
	case map[string]any:
		h, _ := has.(map[string]any)
		out := map[string]any{}
		for key, value := range w {
			if _, there := h[key]; there || value == nil {
				out[key] = common(value, h[key])
			}
		}
		return out
	case []any:
		h, _ := has.([]any)
		out := []any{}
		for i := range h {
			if i < len(w) {
				out = append(out, common(w[i], h[i]))
			} else {
				out = append(out, h[i])
			}
		}
		return out
	default:
		return has
	}
}

// tool calls the command-line tool and gives what it prints; it has to succeed.
func (w *world) tool(args ...string) string {
	w.t.Helper()
	command, err := w.Tool(w.ctx(), args...)
	if err != nil {
		w.t.Fatal(err)
	}
	var out, errOut bytes.Buffer
	command.Stdout, command.Stderr = &out, &errOut
	if err := command.Run(); err != nil {
		w.t.Fatalf("seedbed %s: %v: %s", strings.Join(args, " "), err, errOut.String())
	}
	return out.String()
}

func TestAPreviewWritesNothing(t *testing.T) {
	w := shared(t)
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "token"}, Data: map[string][]byte{"token": []byte(secretValue)}}
	backup := w.backup(w.source(configMap("same"), configMap("differs"), configMap("missing"), secret)).Name
	baseline := w.baseline(backup, func(s *v1alpha1.BaselineSpec) { s.ExistingResources = v1alpha1.ExistingResourcesUpdate })
	differs := configMap("differs")
	differs.Data["key"] = "the tenant's"
	target := w.prepared(configMap("same"), differs).Name
	w.settled(target)

	before := w.everything(target, backup)
	for _, spec := range []v1alpha1.BaselinePreviewSpec{
		{Namespace: target, Backup: backup, ExistingResources: v1alpha1.ExistingResourcesUpdate, Objects: true},
		{Namespace: target, Baseline: baseline.Name, Objects: true},
		{Namespace: w.name("never"), Baseline: baseline.Name, Objects: true},
	} {
		preview := w.preview(spec)
		if preview.Counts.Created == 0 || preview.Digest != baseline.Status.Digest || len(preview.Objects) == 0 {
			t.Errorf("the preview of %+v is empty: %+v", spec, preview)
		}
		if text, err := json.Marshal(preview); err != nil || bytes.Contains(text, []byte(secretValue)) ||
			bytes.Contains(text, []byte(base64.StdEncoding.EncodeToString([]byte(secretValue)))) {
			t.Errorf("a Secret's value is in the answer, or it is none: %v", err)
		}
	}
	if diff := cmp.Diff(before, w.everything(target, backup)); diff != "" {
		t.Errorf("a preview wrote something: %s", diff)
	}
	if w.there(&corev1.Namespace{}, "", w.name("never")) {
		t.Error("a preview made its namespace")
	}

	stored := &v1alpha1.BaselinePreview{ObjectMeta: metav1.ObjectMeta{Name: w.name("stored")}, Spec: v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup}}
	w.refused(w.Client.Create(w.ctx(), stored), "a preview is never stored: create it with --dry-run=server")
	var previews v1alpha1.BaselinePreviewList
	if err := w.Client.List(w.ctx(), &previews); err != nil || len(previews.Items) > 0 {
		t.Errorf("previews are stored: %v, %v", previews.Items, err)
	}
}

// settled waits until a namespace has what the controller manager puts into it.
func (w *world) settled(namespace string) {
	w.t.Helper()
	w.defaultAccount(namespace)
	w.eventually(func(ctx context.Context) error {
		return w.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "kube-root-ca.crt"}, &corev1.ConfigMap{})
	})
}

// everything is each object of a namespace, and each part of a stored backup, with its version.
func (w *world) everything(namespace, backup string) map[string]string {
	w.t.Helper()
	found := map[string]string{}
	for _, secret := range w.stored(backup) {
		found["store/"+secret.Name] = secret.ResourceVersion
	}
	target := &corev1.Namespace{}
	if !w.there(target, "", namespace) {
		w.t.Fatalf("namespace %s is gone", namespace)
	}
	found["namespace"] = target.ResourceVersion
	client, err := discovery.NewDiscoveryClientForConfig(w.Cluster.Config())
	if err != nil {
		w.t.Fatal(err)
	}
	lists, err := client.ServerPreferredNamespacedResources()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, list := range lists {
		for _, resource := range list.APIResources {
			if slices.Contains(resource.Verbs, "list") {
				maps.Copy(found, w.versions(namespace, list.GroupVersion, resource))
			}
		}
	}
	return found
}

func (w *world) versions(namespace, groupVersion string, resource metav1.APIResource) map[string]string {
	w.t.Helper()
	list := &unstructured.UnstructuredList{}
	list.SetAPIVersion(groupVersion)
	list.SetKind(resource.Kind + "List")
	if err := w.Client.List(w.ctx(), list, client.InNamespace(namespace)); err != nil {
		w.t.Fatalf("list %s: %v", resource.Name, err)
	}
	found := map[string]string{}
	for _, object := range list.Items {
		found[resource.Name+"/"+object.GetName()] = object.GetResourceVersion()
	}
	return found
}

// Whoever sees what a backup holds may restore from it, and may ask.
func TestAPreviewIsForThoseWhoMayRestore(t *testing.T) {
	w := shared(t)
	backup := w.backup(w.source(configMap("a")), "configmaps").Name
	baseline := w.baseline(backup, nil).Name
	target := w.prepared().Name
	spec := v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup}
	asks, restores := may("create", v1alpha1.GroupName, "baselinepreviews"), may(v1alpha1.VerbRestore, v1alpha1.GroupName, "baselinebackups", backup)

	both := w.user("both", asks, restores)
	for _, spec := range []v1alpha1.BaselinePreviewSpec{spec, {Namespace: target, Baseline: baseline}} {
		if _, err := w.previewBy(both, spec); err != nil {
			t.Errorf("who may ask and restore is refused: %v", err)
		}
	}
	tests := []struct {
		name string
		who  client.Client
		spec v1alpha1.BaselinePreviewSpec
		says string
	}{
		{"without restore on the backup", w.user("asks", asks), spec, "does not exist, or you may not restore from it: ask an administrator"},
		{"without restore on the baseline's backup", w.user("asks-too", asks), v1alpha1.BaselinePreviewSpec{Namespace: target, Baseline: baseline},
			"does not exist, or you may not restore from its backup: ask an administrator"},
		{"without create on previews", w.user("restores", restores), spec, "cannot create resource"},
		{"of another backup", both, v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: "another"}, "or you may not restore from it: you may use " + backup},
		{"of a backup that is not there", w.Client, v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup + "x"}, `does not exist: did you mean "` + backup + `"?`},
		{"of a baseline that is not there", w.Client, v1alpha1.BaselinePreviewSpec{Namespace: target, Baseline: baseline + "x"}, `does not exist: did you mean "` + baseline + `"?`},
		{"into a system namespace", w.Client, v1alpha1.BaselinePreviewSpec{Namespace: "kube-system", Backup: backup}, "belongs to the system"},
		{"into Seedbed's own", w.Client, v1alpha1.BaselinePreviewSpec{Namespace: seedbed.Namespace, Backup: backup}, "belongs to the system"},
		{"into no namespace's name", w.Client, v1alpha1.BaselinePreviewSpec{Namespace: "Bar", Backup: backup}, "cannot be the name of a namespace"},
		{"of both", w.Client, v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup, Baseline: baseline}, "set exactly one of baseline and backup"},
		{"of a baseline, by rules of its own", w.Client, v1alpha1.BaselinePreviewSpec{Namespace: target, Baseline: baseline, ExistingResources: "Update"}, "a Baseline has its own"},
		{"of a namespace that the backup does not hold", w.Client, v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup, SourceNamespace: "other"}, "does not hold namespace"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := &world{Installation: w.Installation, t: t, suffix: w.suffix}
			_, err := w.previewBy(test.who, test.spec)
			w.refused(err, test.says)
		})
	}
}

func TestANamespaceThatGoesAwayCannotBePreviewed(t *testing.T) {
	w := shared(t)
	backup := w.backup(w.source(configMap("a")), "configmaps").Name
	held := configMap("held")
	held.Finalizers = []string{"example.com/held"}
	target := w.prepared(held)
	w.t.Cleanup(func() {
		if err := w.Client.Patch(w.cleanup(), held, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`))); err != nil {
			t.Error(err)
		}
	})
	w.remove(target)
	_, err := w.previewBy(w.Client, v1alpha1.BaselinePreviewSpec{Namespace: target.Name, Backup: backup})
	w.refused(err, "namespace "+target.Name+" is being deleted")
}

func TestABackupThatCannotBeRestoredCannotBePreviewed(t *testing.T) {
	w := shared(t)
	failed := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: w.name("backup")}, Spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{w.name("nowhere")}}}
	w.create(failed)
	w.awaitPhase(failed, &failed.Status.Conditions, v1alpha1.PhaseFailed)
	_, err := w.previewBy(w.Client, v1alpha1.BaselinePreviewSpec{Namespace: "any", Backup: failed.Name})
	w.refused(err, "backup "+failed.Name+" is Failed: it can be restored when it is Completed")

	damaged := w.another()
	backup := damaged.backup(damaged.source(configMap("a")), "configmaps").Name
	for _, secret := range damaged.chunks(backup) {
		w.remove(&secret)
	}
	_, err = w.previewBy(w.Client, v1alpha1.BaselinePreviewSpec{Namespace: "any", Backup: backup})
	w.refused(err, "backup "+backup+": backup content")
}
