package integration

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"seedbed.dev/seedbed/pkg/apply"
)

// The Deployment of these tests starts no Pods.
const oldDeployment = `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 0, paused: true,
  selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}},
  spec: {containers: [{name: app, image: 'example.com/web:1', env: [{name: A, value: '1'}]}]}}}}`

var newDeployment = strings.NewReplacer("web:1", "web:2", "replicas: 0", "replicas: 1").Replace(oldDeployment)

func TestUpdateDeployment(t *testing.T) {
	for name, test := range map[string]struct {
		edit     string
		scale    string // through the subresource
		result   apply.Result
		reason   string
		names    string
		image    string // of the container app
		replicas int64
	}{
		"untouched":  {`{}`, "", apply.Updated, "", "app", "example.com/web:2", 1},
		"autoscaled": {`{}`, `{"spec":{"replicas":3}}`, apply.Updated, "", "app", "example.com/web:2", 3},
		"replicas":   {`{"spec":{"replicas":2}}`, "", apply.Kept, "spec.replicas was changed by kubectl-edit", "app", "example.com/web:1", 2},
		"a sidecar first": {
			`{"spec":{"template":{"spec":{"containers":[{"name":"proxy","image":"example.com/proxy:1"},{"name":"app","image":"example.com/web:1","env":[{"name":"A","value":"1"},{"name":"MINE","value":"x"}]}]}}}}`,
			"", apply.Updated, "", "proxy app", "example.com/web:2", 1,
		},
		"the image": {
			`{"spec":{"template":{"spec":{"containers":[{"name":"app","image":"example.com/mine:1","env":[{"name":"A","value":"1"}]}]}}}}`,
			"", apply.Kept, "spec.template.spec.containers[app].image was changed by kubectl-edit", "app", "example.com/mine:1", 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			env := newUpdateEnv(t)
			from, to := env.restore(t, oldDeployment), env.newRevision(t, newDeployment)
			env.edit(t, from, test.edit)
			if test.scale != "" {
				env.edit(t, from, test.scale, "scale")
			}
			change := env.update(t, false, false, from, to)
			if change.Result != test.result || change.Reason != test.reason {
				t.Errorf("%s (%s, %v); want %s (%s)", change.Result, change.Reason, change.Err, test.result, test.reason)
			}
			live := env.find(t, to)
			replicas, _, _ := unstructured.NestedInt64(live.Object, "spec", "replicas")
			names, image := containers(live)
			if names != test.names || image != test.image || replicas != test.replicas {
				t.Errorf("the containers are %s, the image %s, the replicas %d", names, image, replicas)
			}
		})
	}
}

// containers returns the names of a Deployment's containers, and the image of the one that is called app.
func containers(live *unstructured.Unstructured) (names, image string) {
	path := []string{"spec", "template", "spec", "containers"}
	list, _, _ := unstructured.NestedSlice(live.Object, path...)
	for _, item := range list {
		if fields, _ := item.(map[string]any); fields["name"] == "app" {
			image, _ = fields["image"].(string)
		}
	}
	return itemNames(live, path...), image
}

func TestUpdateServiceKeepsNodePort(t *testing.T) {
	env := newUpdateEnv(t)
	service := "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, protocol: TCP, targetPort: 80}]}}"
	from, to := env.restore(t, service), env.newRevision(t, strings.Replace(service, "targetPort: 80", "targetPort: 8080", 1))
	port := func(key string) any {
		ports, _, _ := unstructured.NestedSlice(env.find(t, from).Object, "spec", "ports")
		return ports[0].(map[string]any)[key]
	}
	before, address := port("nodePort"), field(env.find(t, from), "spec", "clusterIP")
	change := env.update(t, false, false, from, to)
	if change.Result != apply.Updated || port("targetPort") != int64(8080) || port("nodePort") != before || field(env.find(t, to), "spec", "clusterIP") != address {
		t.Errorf("%s (%s, %v): %v", change.Result, change.Reason, change.Err, env.find(t, to).Object["spec"])
	}
}
