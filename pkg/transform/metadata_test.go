package transform

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSelectMetadata(t *testing.T) {
	keys := map[string]string{
		"team":                                             "shop",
		"pod-security.kubernetes.io/enforce":               "restricted",
		"kubernetes.io/metadata.name":                      "foo",
		"seedbed.dev/baseline":                             "web",
		"x.seedbed.dev/y":                                  "z",
		"argocd.argoproj.io/instance":                      "shop",
		"kubectl.kubernetes.io/last-applied-configuration": "{}",
		"kubectl.kubernetes.io/other":                      "text",
	}
	for _, test := range []struct {
		name     string
		patterns []string
		want     map[string]string
	}{
		{name: "no pattern picks nothing"},
		{name: "a key by its name", patterns: []string{"team"}, want: map[string]string{"team": "shop"}},
		{name: "a part of a name is not the name", patterns: []string{"tea", "eam", "teams"}},
		{
			name: "a domain", patterns: []string{"pod-security.kubernetes.io/*"},
			want: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
		},
		{
			name: "a wildcard spans slashes, and leaves out names, own keys and managers' marks", patterns: []string{"*"},
			want: map[string]string{"team": "shop", "pod-security.kubernetes.io/enforce": "restricted", "kubectl.kubernetes.io/other": "text"},
		},
		{
			name: "kubectl's manifest is never picked", patterns: []string{"kubectl.kubernetes.io/*", "kubectl.kubernetes.io/last-applied-configuration"},
			want: map[string]string{"kubectl.kubernetes.io/other": "text"},
		},
		{name: "own keys are never picked", patterns: []string{"seedbed.dev/*", "seedbed.dev/baseline", "*/y"}},
		{name: "the name is never picked", patterns: []string{"kubernetes.io/metadata.name", "kubernetes.io/*"}},
		{
			name: "a manager's mark by its domain", patterns: []string{"argocd.argoproj.io/*"},
			want: map[string]string{"argocd.argoproj.io/instance": "shop"},
		},
		{name: "a manager's mark by a wildcard in the domain", patterns: []string{"*.argoproj.io/*", "*instance"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, SelectMetadata(keys, test.patterns)); diff != "" {
				t.Errorf("picked (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMatchesPattern(t *testing.T) {
	for _, test := range []struct {
		pattern, key string
		want         bool
	}{
		{pattern: "a*b", key: "ab", want: true},
		{pattern: "a*b", key: "axxb", want: true},
		{pattern: "a*b", key: "axxbc"},
		{pattern: "a*ba", key: "aba", want: true},
		{pattern: "a*ba", key: "aa"},
		{pattern: "ab*ba", key: "aba"},
		{pattern: "**", want: true},
		{pattern: "*a*b*", key: "xaxbx", want: true},
		{pattern: "*a*b*", key: "xbxax"},
		{want: true},
		{key: "a"},
	} {
		t.Run(test.pattern+" on "+test.key, func(t *testing.T) {
			if got := matchesPattern(test.pattern, test.key); got != test.want {
				t.Errorf("matchesPattern(%q, %q) = %t, want %t", test.pattern, test.key, got, test.want)
			}
		})
	}
}
