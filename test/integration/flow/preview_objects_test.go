package flow

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// -o yaml prints the objects that the restore writes: the API server adds fields and changes none.
func TestPrintedObjectsMatchRestore(t *testing.T) {
	e := sharedInstallation(t)
	source, target := e.previewSource(), e.uniqueName("target")
	backup := e.createBackup(source).Name
	printed := e.runTool("restore", "create", "--from-backup", backup, "--namespace-mappings", source+":"+target, "--dry-run", "-o", "yaml")
	if !strings.HasPrefix(printed, "# The values of Secrets are left out.\n") {
		t.Errorf("it begins with %.80q", printed)
	}
	for _, secret := range []string{secretValue, base64.StdEncoding.EncodeToString([]byte(secretValue))} {
		if strings.Contains(printed, secret) {
			t.Error("the Secret's value is printed")
		}
	}
	e.createObjects(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: target}})
	e.defaultAccount(target)
	restored := e.byHand(target, backup, "", v1alpha1.PhasePartiallyFailed)

	objects := parseDocuments(t, printed)
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
		if err := e.Client.Get(e.ctx(), client.ObjectKeyFromObject(object), got); err != nil {
			t.Error(err)
			continue
		}
		if data := object.Object["data"]; object.GetKind() == "Secret" {
			if diff := cmp.Diff(map[string]any{"token": v1alpha1.PreviewLeftOut}, data); diff != "" {
				t.Errorf("the Secret's data (want, got): %s", diff)
			}
			delete(object.Object, "data")
		}
		if diff := cmp.Diff(object.Object, commonFields(object.Object, got.Object)); diff != "" {
			t.Errorf("%s %s (printed, restored): %s", object.GetKind(), object.GetName(), diff)
		}
	}
}

// parseDocuments returns the objects of a stream of YAML.
func parseDocuments(t *testing.T, text string) []*unstructured.Unstructured {
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

// commonFields returns the part of the API server's object that is in the written one too.
func commonFields(written, has any) any {
	switch e := written.(type) {
	case map[string]any:
		h, _ := has.(map[string]any)
		out := map[string]any{}
		for key, value := range e {
			if _, there := h[key]; there || value == nil {
				out[key] = commonFields(value, h[key])
			}
		}
		return out
	case []any:
		h, _ := has.([]any)
		out := []any{}
		for i := range h {
			if i < len(e) {
				out = append(out, commonFields(e[i], h[i]))
			} else {
				out = append(out, h[i])
			}
		}
		return out
	default:
		return has
	}
}

// runTool calls the command-line tool and returns its output; it has to succeed.
func (e *env) runTool(args ...string) string {
	e.t.Helper()
	command, err := e.Tool(e.ctx(), args...)
	if err != nil {
		e.t.Fatal(err)
	}
	var out, errOut bytes.Buffer
	command.Stdout, command.Stderr = &out, &errOut
	if err := command.Run(); err != nil {
		e.t.Fatalf("seedbed %s: %v: %s", strings.Join(args, " "), err, errOut.String())
	}
	return out.String()
}
