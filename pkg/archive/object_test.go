package archive

import (
	"strings"
	"testing"
)

func TestCheckObjectComparesWithPath(t *testing.T) {
	web := location{resource: "deployments.apps", namespace: "foo", name: "web"}
	preferred := web
	preferred.version, preferred.preferred = "v1", true
	right := objectJSON("apps/v1", "Deployment", "foo", "web")
	tests := map[string]struct {
		content string
		at      location
		err     string
	}{
		"right":               {content: right, at: web},
		"preferred":           {content: right, at: preferred},
		"not JSON":            {content: `{"apiVersion": s3cret}`, at: web, err: "not valid JSON at byte 16"},
		"two values":          {content: right + right, at: web, err: "not valid JSON"},
		"cut":                 {content: right[:20], at: web, err: "not valid JSON"},
		"null":                {content: `null`, at: web, err: "not a JSON object"},
		"a list":              {content: `["s3cret"]`, at: web, err: "not a JSON object"},
		"empty":               {content: ``, at: web, err: "not valid JSON"},
		"nested too deep":     {content: strings.Repeat(`{"a":`, 20_000), at: web, err: "not valid JSON"},
		"no metadata":         {content: `{"apiVersion":"apps/v1","kind":"Deployment"}`, at: web, err: `metadata.namespace is ""`},
		"metadata no object":  {content: `{"metadata":"s3cret"}`, at: web, err: "its metadata has the wrong type"},
		"name no string":      {content: `{"metadata":{"name":7}}`, at: web, err: "its name has the wrong type"},
		"no kind":             {content: objectJSON("apps/v1", "", "foo", "web"), at: web, err: "no kind"},
		"no version":          {content: objectJSON("", "Deployment", "foo", "web"), at: web, err: "holds no version"},
		"other group":         {content: objectJSON("batch/v1", "Deployment", "foo", "web"), at: web, err: `the group "batch", its path "apps"`},
		"core group":          {content: objectJSON("v1", "Deployment", "foo", "web"), at: web, err: `the group "", its path "apps"`},
		"group in two parts":  {content: objectJSON("apps/v1/x", "Deployment", "foo", "web"), at: web, err: "holds no version"},
		"other version":       {content: objectJSON("apps/v1beta1", "Deployment", "foo", "web"), at: preferred, err: `the version "v1beta1", its path "v1"`},
		"other namespace":     {content: objectJSON("apps/v1", "Deployment", "bar", "web"), at: web, err: `metadata.namespace is "bar", its path names "foo"`},
		"no namespace":        {content: objectJSON("apps/v1", "Deployment", "", "web"), at: web, err: `metadata.namespace is ""`},
		"other name":          {content: objectJSON("apps/v1", "Deployment", "foo", "api"), at: web, err: `metadata.name is "api", its path names "web"`},
		"hidden by case":      {content: `{"apiVersion":"apps/v1","kind":"Deployment","Metadata":{"name":"web","namespace":"foo"}}`, at: web, err: `metadata.namespace is ""`},
		"hidden by a second":  {content: `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"foo"},"metadata":{"name":"web"}}`, at: web, err: `metadata.namespace is ""`},
		"cluster-scoped path": {content: objectJSON("v1", "Namespace", "foo", "foo"), at: location{resource: "namespaces", name: "foo"}, err: `metadata.namespace is "foo"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			version, err := checkObject([]byte(test.content), test.at)
			if test.err == "" {
				if err != nil || version != "v1" {
					t.Fatalf("got %q, %v; want v1", version, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Fatalf("got error %v, want one with %q", err, test.err)
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error repeats content: %v", err)
			}
		})
	}
}
