package restore

import (
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// encodeObjects returns the objects that would be written, as a restore sends them but without secrets, in at most room bytes. It
// counts those that do not fit.
func (r *run) encodeObjects(room int) (objects []runtime.RawExtension, omitted int32, err error) {
	versions := make(map[string]schema.GroupVersion, len(r.changes))
	for i := range r.changes {
		if change := &r.changes[i]; change.Result == apply.Created || change.Result == apply.Updated {
			versions[change.Key] = change.Version()
		}
	}
	labels := r.task.Spec.Labels()
	for _, stage := range r.plan.Stages() {
		for _, object := range stage {
			version, written := versions[object.Key]
			if !written {
				continue
			}
			raw, err := EncodeReadable(object, version, r.task.Namespace.Name, labels)
			if err != nil {
				return nil, 0, err
			}
			if len(raw) > room {
				omitted++
				continue
			}
			room -= len(raw) + len(",")
			objects = append(objects, runtime.RawExtension{Raw: raw})
		}
	}
	return objects, omitted, nil
}

// EncodeReadable returns an object as it is sent, with the namespace of the request's path, and without secrets.
func EncodeReadable(object manifest.Object, version schema.GroupVersion, namespace string, labels manifest.Labels) ([]byte, error) {
	content := &unstructured.Unstructured{}
	if err := utiljson.Unmarshal(object.Body.Encode(version, namespace, labels), &content.Object); err != nil {
		return nil, fmt.Errorf("reading back %s: %w", object.Key, err)
	}
	content.SetNamespace(namespace)
	if object.Kind.GroupKind() == (schema.GroupKind{Kind: "Secret"}) {
		redactSecret(content.Object)
	}
	raw, err := json.Marshal(content.Object)
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", object.Key, err)
	}
	return raw, nil
}

// redactSecret removes the values of a Secret, and the fields that no Secret has.
func redactSecret(secret map[string]any) {
	for field, value := range secret {
		switch field {
		case "apiVersion", "kind", "metadata":
		case "type":
			if _, isString := value.(string); !isString {
				delete(secret, field)
			}
		case "immutable":
			if _, isBool := value.(bool); !isBool {
				delete(secret, field)
			}
		case "data", "stringData":
			keys, isMap := value.(map[string]any)
			if !isMap {
				delete(secret, field)
				continue
			}
			for key := range keys {
				keys[key] = v1alpha1.PreviewLeftOut
			}
		default:
			delete(secret, field)
		}
	}
}
