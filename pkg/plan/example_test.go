package plan_test

import (
	"bytes"
	"fmt"

	"seedbed.dev/seedbed/pkg/archive"
	"seedbed.dev/seedbed/pkg/plan"
)

// A backup of the namespace foo is compiled into the objects that every new namespace gets, stage by stage.
func Example() {
	var content bytes.Buffer
	writer, err := archive.NewWriter(&content)
	if err != nil {
		panic(err)
	}
	for _, item := range []archive.Item{
		{Resource: "deployments.apps", Version: "v1", Namespace: "foo", Name: "web", Content: []byte(`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"foo"}}`)},
		{Resource: "services", Version: "v1", Namespace: "foo", Name: "web", Content: []byte(`{"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"foo"}}`)},
		{Resource: "configmaps", Version: "v1", Namespace: "foo", Name: "kube-root-ca.crt", Content: []byte(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"kube-root-ca.crt","namespace":"foo"}}`)},
	} {
		if err := writer.Add(item); err != nil {
			panic(err)
		}
	}
	if err := writer.Close(); err != nil {
		panic(err)
	}
	compiled, err := plan.Compiler{}.Compile(content.Bytes(), plan.Spec{Backup: "foo-svc"})
	if err != nil {
		panic(err)
	}
	for number, stage := range compiled.Stages() {
		for _, object := range stage {
			fmt.Printf("stage %d: %s\n", number+1, object.Key)
		}
	}
	for _, key := range compiled.Skipped() {
		fmt.Println("skipped:", key)
	}
	// Output:
	// stage 1: services/web
	// stage 2: deployments.apps/web
	// skipped: configmaps/kube-root-ca.crt
}
