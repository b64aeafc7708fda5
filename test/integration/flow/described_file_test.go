package flow

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
)

// describedFile returns the file of a folder of the tool's test data, beside the commands of its kind. The tool shows
// records among the restores.
func (e *env) describedFile(folder string) string {
	root, err := cluster.Root()
	if err != nil {
		e.t.Fatal(err)
	}
	kind, _, _ := strings.Cut(folder, "-")
	if kind == "record" {
		kind = "restore"
	}
	return filepath.Join(root, "pkg", "cli", kind, "testdata", "describe", folder, "object.yaml")
}

func (e *env) readFile(folder string, into client.Object) {
	content, err := os.ReadFile(e.describedFile(folder))
	if err != nil {
		e.t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(content, into); err != nil {
		e.t.Fatalf("%s: %v", folder, err)
	}
}

// readDescribed reads the part of an object that a user writes: its name, labels, annotations and spec.
func (e *env) readDescribed(folder string, into client.Object) {
	e.readFile(folder, into)
	into.SetCreationTimestamp(metav1.Time{})
	into.SetFinalizers(nil)
	switch object := into.(type) {
	case *v1alpha1.BaselineBackup:
		object.Status = v1alpha1.BaselineBackupStatus{}
	case *v1alpha1.Baseline:
		object.Status = v1alpha1.BaselineStatus{}
	case *v1alpha1.BaselineRestore:
		object.Status = v1alpha1.BaselineRestoreStatus{}
	}
}

func (e *env) checkDescribedAt(folder string, object client.Object, namespace, name string) {
	if !e.objectExists(object, namespace, name) {
		e.t.Fatalf("%s/%s is not there", namespace, name)
	}
	e.checkDescribed(folder, object)
}

// checkDescribed compares an object with its file, without the values that differ from run to run.
func (e *env) checkDescribed(folder string, object client.Object) {
	e.t.Helper()
	kinds, _, err := e.Client.Scheme().ObjectKinds(object)
	if err != nil {
		e.t.Fatal(err)
	}
	object.GetObjectKind().SetGroupVersionKind(kinds[0])
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		e.t.Fatal(err)
	}
	metadata := fields["metadata"].(map[string]any)
	for _, key := range []string{"uid", "resourceVersion", "generation", "managedFields"} {
		delete(metadata, key)
	}
	withoutVariableFields(fields)
	got, err := yaml.Marshal(fields)
	if err != nil {
		e.t.Fatal(err)
	}
	if *update {
		if err := os.MkdirAll(filepath.Dir(e.describedFile(folder)), 0o755); err != nil {
			e.t.Fatal(err)
		}
		if err := os.WriteFile(e.describedFile(folder), got, 0o644); err != nil {
			e.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(e.describedFile(folder))
	if err != nil {
		e.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		e.t.Errorf("%s is not what the controller writes; when that is meant, run the test with -update, and then the tool's (-want +got):\n%s", folder, diff)
	}
}

var (
	aTime   = regexp.MustCompile(`^\d{4}-\d\d-\d\dT[\d:.]+Z$`)
	aDigest = regexp.MustCompile(`sha256:[0-9a-f]{64}`)
	aUID    = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
)

// withoutVariableFields replaces times, digests, UIDs, sizes, seals and counts of attempts by fixed ones.
func withoutVariableFields(fields map[string]any) {
	for key, value := range fields {
		switch value := value.(type) {
		case map[string]any:
			withoutVariableFields(value)
		case []any:
			for _, item := range value {
				if nested, ok := item.(map[string]any); ok {
					withoutVariableFields(nested)
				}
			}
		case string:
			fields[key] = replaceVariableText(key, value)
		case int64:
			if fixed, ok := map[string]int64{"sizeBytes": 2345, "attempts": 1}[key]; ok {
				fields[key] = fixed
			}
		}
	}
}

func replaceVariableText(key, value string) string {
	switch {
	case key == "seal":
		return "k1:AAAA"
	case key == "revisionHash", key == "hash":
		return "0123456789abcdef"
	case aTime.MatchString(value) && value != "1970-01-01T00:00:00Z":
		return "2026-11-22T15:00:00Z"
	case aUID.MatchString(value):
		return "4c1b0a1e-7f2a-4c86-9a37-1f8f4f7f0001"
	default:
		return aDigest.ReplaceAllString(value, "sha256:6b23c0d5f35d1b11f9b683f0b0a617355deb11277d91ae091d399c655b87940d")
	}
}
