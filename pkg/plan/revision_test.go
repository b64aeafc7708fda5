package plan

import (
	"maps"
	"strings"
	"testing"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/sample"
)

func TestRevisionComparesIntentAndContent(t *testing.T) {
	everyLabel := &v1alpha1.NamespaceMetadata{Labels: []string{"*"}}
	tests := map[string]struct {
		replaced map[string]string // entries of the archive
		spec     Spec
		metadata *v1alpha1.NamespaceMetadata
		// sameHash and sameContent compare with the sample.
		sameHash, sameContent bool
	}{
		"the same content in another backup": {spec: Spec{Backup: "other", Digest: "sha256:a"}, sameHash: true, sameContent: true},
		"another baseline":                   {spec: Spec{Backup: "b", Digest: "sha256:a", Baseline: "web"}, sameHash: true, sameContent: true},
		"a field that is never restored": {
			replaced:    map[string]string{"configmaps/foo/settings": `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"foo","uid":"2","annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}"}},"data":{"a":"b"}}`},
			spec:        Spec{Backup: "b", Digest: "sha256:b"},
			sameContent: true,
		},
		"an object that is never restored": {
			replaced:    map[string]string{"configmaps/foo/kube-root-ca.crt": `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"kube-root-ca.crt","namespace":"foo"},"data":{"ca.crt":"new"}}`},
			spec:        Spec{Backup: "b", Digest: "sha256:b"},
			sameContent: true,
		},
		"another value": {
			replaced: map[string]string{"configmaps/foo/settings": `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"foo"},"data":{"a":"c"}}`},
			spec:     Spec{Backup: "b", Digest: "sha256:b"},
		},
		"the source's name beside a mapped one": {
			replaced: map[string]string{"configmaps/foo/settings": `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"foo"},"data":{"a":"foo"}}`},
			spec:     Spec{Backup: "b", Digest: "sha256:b"},
		},
		"a mapping that changes nothing": {spec: Spec{Backup: "b", Digest: "sha256:a", Text: true}, sameContent: true},
		"copied metadata":                {spec: Spec{Backup: "b", Digest: "sha256:a"}, metadata: everyLabel},
		"patterns that match nothing":    {spec: Spec{Backup: "b", Digest: "sha256:a"}, metadata: &v1alpha1.NamespaceMetadata{Labels: []string{"no/*"}}, sameContent: true},
		"no patterns":                    {spec: Spec{Backup: "b", Digest: "sha256:a"}, metadata: &v1alpha1.NamespaceMetadata{}, sameHash: true, sameContent: true},
	}
	before := revisionOf(t, sample.Objects, Spec{Backup: "b", Digest: "sha256:a"}, nil)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			objects := maps.Clone(sample.Objects)
			maps.Copy(objects, test.replaced)
			after := revisionOf(t, objects, test.spec, test.metadata)
			if same := after.Hash == before.Hash; same != test.sameHash {
				t.Errorf("same hash: %t, want %t (%s, %s)", same, test.sameHash, before.Hash, after.Hash)
			}
			if same := after.ContentDigest == before.ContentDigest; same != test.sameContent {
				t.Errorf("same content: %t, want %t (%s, %s)", same, test.sameContent, before.ContentDigest, after.ContentDigest)
			}
		})
	}
}

// The hash is compared across versions of Seedbed: where this test has to change, every holder becomes outdated by an upgrade.
func TestRevisionHashIsTheSameInEveryVersion(t *testing.T) {
	metadata := &v1alpha1.NamespaceMetadata{Labels: []string{"b/*", "a"}, Annotations: []string{"c"}}
	got := revisionOf(t, sample.Objects, Spec{Backup: "b", Digest: "sha256:" + strings.Repeat("a", 64), Text: true}, metadata).Hash
	if want := "7153de1c28fda62d"; got != want {
		t.Errorf("hash %s, want %s", got, want)
	}
}

func revisionOf(t *testing.T, objects map[string]string, spec Spec, metadata *v1alpha1.NamespaceMetadata) Revision {
	t.Helper()
	plan, err := Compiler{}.Compile(sample.Archive(t, objects), spec)
	if err != nil {
		t.Fatal(err)
	}
	return plan.Revision(metadata)
}
