// Package sample has a small backup for tests of the packages that read one.
package sample

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/archive"
)

// Objects are those of namespace foo, in JSON, by "resource/namespace/name".
var Objects = map[string]string{
	"namespaces//foo":                 `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"foo","labels":{"pod-security.kubernetes.io/enforce":"baseline","seedbed.dev/x":"y"}}}`,
	"configmaps/foo/settings":         `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"foo","uid":"1"},"data":{"a":"b"}}`,
	"configmaps/foo/kube-root-ca.crt": `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"kube-root-ca.crt","namespace":"foo"}}`,
	"serviceaccounts/foo/app":         `{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"app","namespace":"foo"}}`,
	"rolebindings.rbac.authorization.k8s.io/foo/app": `{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"app","namespace":"foo"},
		"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"app"},"subjects":[{"kind":"ServiceAccount","name":"app","namespace":"foo"}]}`,
	"deployments.apps/foo/web": `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"foo"},"spec":{}}`,
}

// Archive returns an archive of objects, given as Objects are.
func Archive(tb testing.TB, objects map[string]string) []byte {
	tb.Helper()
	var out bytes.Buffer
	w, err := archive.NewWriter(&out)
	if err != nil {
		tb.Fatal(err)
	}
	for path, content := range objects {
		parts := strings.Split(path, "/")
		item := archive.Item{Resource: parts[0], Version: versionOf(content), Namespace: parts[1], Name: parts[2], Content: []byte(content)}
		if err := w.Add(item); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// versionOf returns the version of an object in JSON without its group; v1 if it has none.
func versionOf(content string) string {
	var object metav1.TypeMeta
	if err := json.Unmarshal([]byte(content), &object); err != nil || object.APIVersion == "" {
		return "v1"
	}
	return object.GroupVersionKind().Version
}
