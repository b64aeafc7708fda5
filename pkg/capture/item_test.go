package capture

import "testing"

func TestContentIsUnchangedExceptForType(t *testing.T) {
	secrets, configMaps, widgets := catalogOf(t).matchName("secrets")[0], catalogOf(t).matchName("cm")[0], catalogOf(t).matchName("widgets")[0]
	tests := map[string]struct {
		resource        resource
		raw, content    string
		deleted, stored bool
		fails           bool
	}{
		"of a built-in kind, whose type the list has": {
			resource: configMaps, raw: `{"metadata":{"name":"a"},"data":{"n":"1"}}`,
			content: `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"n":"1"}}`,
		},
		"of a custom kind": {
			resource: widgets, raw: `{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a"},"spec":{"n":9007199254740993}}`,
			content: `{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a"},"spec":{"n":9007199254740993}}`,
		},
		"that is being deleted": {
			resource: configMaps, raw: `{"metadata":{"name":"a","deletionTimestamp":"2026-01-01T00:00:00Z"}}`, deleted: true,
			content: `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","deletionTimestamp":"2026-01-01T00:00:00Z"}}`,
		},
		"a stored backup": {
			resource: secrets, raw: `{"metadata":{"name":"a"},"type":"seedbed.dev/backup"}`, stored: true,
			content: `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"},"type":"seedbed.dev/backup"}`,
		},
		"a type of no string": {
			resource: secrets, raw: `{"metadata":{"name":"a"},"type":1}`, content: `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"},"type":1}`,
		},
		"another resource of that type": {
			resource: configMaps, raw: `{"metadata":{"name":"a"},"type":"seedbed.dev/backup"}`,
			content: `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"type":"seedbed.dev/backup"}`,
		},
		"without metadata": {resource: configMaps, raw: `{}`, fails: true},
		"that is none":     {resource: configMaps, raw: `7`, fails: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			item := rawObject{resource: test.resource, raw: []byte(test.raw)}
			content, err := item.content()
			if (err != nil) != test.fails || string(content) != test.content {
				t.Errorf("got %s, %v; want %s", content, err, test.content)
			}
			if test.fails {
				return
			}
			if item.name() != "a" || item.isDeleted() != test.deleted || item.isStoredBackup() != test.stored {
				t.Errorf("name %q, deleted %t, stored %t", item.name(), item.isDeleted(), item.isStoredBackup())
			}
		})
	}
}
