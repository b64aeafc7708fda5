package apply

import "testing"

func TestFingerprintOfContent(t *testing.T) {
	const plain = `{"kind":"ConfigMap","metadata":{"name":"web","uid":"1","labels":{"a":"b"}},"data":{"k":"v"}}`
	tests := map[string]struct {
		content, namespace string
		same               bool
	}{
		"another identity":          {content: `{"metadata":{"name":"web","uid":"2","resourceVersion":"7","labels":{"a":"b"}},"data":{"k":"v"}}`, same: true},
		"a status":                  {content: `{"metadata":{"labels":{"a":"b"}},"data":{"k":"v"},"status":{"x":1}}`, same: true},
		"another writer":            {content: `{"metadata":{"labels":{"a":"b"},"managedFields":[{"manager":"x","fieldsV1":{}}]},"data":{"k":"v"}}`, same: true},
		"another value":             {content: `{"metadata":{"labels":{"a":"b"}},"data":{"k":"w"}}`},
		"another field":             {content: `{"metadata":{"labels":{"a":"b"}},"data":{"k":"v"},"immutable":true}`},
		"another label":             {content: `{"metadata":{"labels":{"a":"c"}},"data":{"k":"v"}}`},
		"an annotation":             {content: `{"metadata":{"labels":{"a":"b"},"annotations":{"x":"y"}},"data":{"k":"v"}}`},
		"an owner":                  {content: `{"metadata":{"labels":{"a":"b"},"ownerReferences":[{"uid":"1"}]},"data":{"k":"v"}}`},
		"scaled":                    {content: `{"metadata":{"labels":{"a":"b"},"managedFields":[{"manager":"x","subresource":"scale","fieldsV1":{"f:spec":{}}}]},"data":{"k":"v"}}`},
		"another namespace":         {content: plain, namespace: "team"},
		"labels outside":            {content: `{"metadata":{},"labels":{"a":"b"},"data":{"k":"v"}}`},
		"a quoted field for labels": {content: `{"metadata":{},"metadata.labels":{"a":"b"},"data":{"k":"v"}}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if same := HashContent([]byte(plain), "") == HashContent([]byte(test.content), test.namespace); same != test.same {
				t.Errorf("same: %t, want %t", same, test.same)
			}
		})
	}
}
