package store

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"
)

func TestValidateName(t *testing.T) {
	tests := map[string]struct {
		name  string
		valid bool
	}{
		"plain":      {name: "foo-svc", valid: true},
		"dots":       {name: "team.web", valid: true},
		"longest":    {name: strings.Repeat("a", 63), valid: true},
		"too long":   {name: strings.Repeat("a", 64)},
		"empty":      {name: ""},
		"upper case": {name: "Foo"},
		"a path":     {name: "../foo"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if err := validateName(test.name); (err == nil) != test.valid {
				t.Errorf("got %v, want valid %t", err, test.valid)
			}
		})
	}
}

func TestNamesAreSecretNames(t *testing.T) {
	for _, name := range []string{"a", "team.web", strings.Repeat("a", 63)} {
		for _, secret := range []string{indexName(name), chunkName(name, digestOf(nil), newGeneration(), maxChunks)} {
			if problems := validation.IsDNS1123Subdomain(secret); len(problems) > 0 {
				t.Errorf("%q is no name for a Secret: %v", secret, problems)
			}
		}
		if problems := validation.IsValidLabelValue(name); len(problems) > 0 {
			t.Errorf("%q is no label value: %v", name, problems)
		}
	}
}

// TestNamesDoNotCollide includes a backup with the name of another's chunk.
func TestNamesDoNotCollide(t *testing.T) {
	digest, generation := digestOf([]byte("x")), newGeneration()
	chunk := chunkName("a", digest, generation, 0)
	other := strings.TrimPrefix(chunk, chunkPrefix)
	if chunk == chunkName(other, digest, generation, 0) || chunk == indexName(other) || chunk == indexName("a") {
		t.Errorf("%q is the name of two Secrets", chunk)
	}
	if chunk == chunkName("a", digest, newGeneration(), 0) {
		t.Error("two Puts share a chunk's name")
	}
}
