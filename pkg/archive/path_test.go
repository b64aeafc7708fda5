package archive

import (
	"strings"
	"testing"
)

func TestParseLocationInvertsPath(t *testing.T) {
	tests := map[string]struct {
		path string
		want location
		ok   bool
		err  string
	}{
		"namespaced":               {path: "resources/services/namespaces/foo/web.json", want: location{resource: "services", namespace: "foo", name: "web"}, ok: true},
		"grouped":                  {path: "resources/deployments.apps/namespaces/foo/web.json", want: location{resource: "deployments.apps", namespace: "foo", name: "web"}, ok: true},
		"cluster-scoped":           {path: "resources/namespaces/cluster/foo.json", want: location{resource: "namespaces", name: "foo"}, ok: true},
		"preferred":                {path: "resources/services/v1-preferredversion/namespaces/foo/web.json", want: location{resource: "services", version: "v1", preferred: true, namespace: "foo", name: "web"}, ok: true},
		"preferred cluster-scoped": {path: "resources/namespaces/v1-preferredversion/cluster/foo.json", want: location{resource: "namespaces", version: "v1", preferred: true, name: "foo"}, ok: true},
		"another version":          {path: "resources/cronjobs.batch/v1beta1/namespaces/foo/c.json", want: location{resource: "cronjobs.batch", version: "v1beta1", namespace: "foo", name: "c"}, ok: true},
		"namespace named cluster":  {path: "resources/services/namespaces/cluster/web.json", want: location{resource: "services", namespace: "cluster", name: "web"}, ok: true},
		"name with dots":           {path: "resources/secrets/namespaces/foo/a.b.json.json", want: location{resource: "secrets", namespace: "foo", name: "a.b.json"}, ok: true},
		"outside of resources":     {path: "metadata/services/namespaces/foo/web.json"},
		"not JSON":                 {path: "resources/services/namespaces/foo/README"},
		"file in resources":        {path: "resources/services.json", err: "no object can be at this path"},
		"no scope":                 {path: "resources/services/foo/web.json", err: "no object can be at this path"},
		"too deep":                 {path: "resources/services/namespaces/foo/bar/web.json", err: "no object can be at this path"},
		"cluster too deep":         {path: "resources/services/cluster/foo/web.json", err: "no object can be at this path"},
		"preferred without one":    {path: "resources/services/-preferredversion/namespaces/foo/web.json", err: "names no API version"},
		"upper-case resource":      {path: "resources/Services/namespaces/foo/web.json", err: "is no resource name"},
		"upper-case version":       {path: "resources/services/V1/namespaces/foo/web.json", err: "is no API version"},
		"empty name":               {path: "resources/services/namespaces/foo/.json", err: "is no object name"},
		"percent sign":             {path: "resources/services/namespaces/foo/a%2fb.json", err: "is no object name"},
		"bad namespace":            {path: "resources/services/namespaces/%/web.json", err: "is no namespace name"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok, err := parseLocation(test.path)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("got error %v, want one with %q", err, test.err)
				}
				return
			}
			if err != nil || ok != test.ok || got != test.want {
				t.Fatalf("got %+v, %t, %v; want %+v, %t", got, ok, err, test.want, test.ok)
			}
			if ok && got.path() != test.path {
				t.Errorf("the location's path is %q again, want %q", got.path(), test.path)
			}
		})
	}
}

func TestCleanPathRejectsEscapes(t *testing.T) {
	tests := map[string]struct {
		name      string
		directory bool
		want      string
		err       string
	}{
		"plain":               {name: "a/b", want: "a/b"},
		"dot in front":        {name: "./a/b", want: "a/b"},
		"directory":           {name: "./a/b/", directory: true, want: "a/b"},
		"root":                {name: "./", directory: true},
		"root without slash":  {name: ".", directory: true},
		"file named dot":      {name: ".", err: "no plain relative path"},
		"file with a slash":   {name: "a/", err: "no plain relative path"},
		"empty":               {name: "", err: "no plain relative path"},
		"absolute":            {name: "/a", err: "absolute"},
		"absolute behind dot": {name: ".//a", err: "no plain relative path"},
		"parent":              {name: "../a", err: "no plain relative path"},
		"parent inside":       {name: "a/../b", err: "no plain relative path"},
		"parent at the end":   {name: "a/..", directory: true, err: "no plain relative path"},
		"dot inside":          {name: "a/./b", err: "no plain relative path"},
		"two slashes":         {name: "a//b", err: "no plain relative path"},
		"control character":   {name: "a/b\n", err: "no plain relative path"},
		"not UTF-8":           {name: "a/\xff", err: "no plain relative path"},
		"too long":            {name: strings.Repeat("a", maxPathLength+1), err: "longer than"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := cleanPath(test.name, test.directory)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("got error %v, want one with %q", err, test.err)
				}
				return
			}
			if err != nil || got != test.want {
				t.Fatalf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
}
