package transform

import (
	"strings"
	"testing"
)

// TestHostMatchingIsLinear fails by timeout: in quadratic time these texts, of several megabytes each, would take
// hours.
func TestHostMatchingIsLinear(t *testing.T) {
	const n = 1 << 19
	matcher := newHostMatcher(goldenSource, nil, fuzzInventory(Object{}))
	m := &mapper{Mapping: Mapping{Source: goldenSource}, hosts: matcher}
	for name, text := range map[string]string{
		"one label":        strings.Repeat("a", 8*n) + ".foo.svc",
		"names in a row":   strings.Repeat(".foo.svc", n),
		"short in a row":   strings.Repeat(".foo", 2*n),
		"hosts":            strings.Repeat("db.foo,", n),
		"authorities":      strings.Repeat("://db.foo", n),
		"users":            "://" + strings.Repeat("@", 8*n) + "db.foo",
		"colons":           "db.foo" + strings.Repeat(":", 8*n),
		"assignments":      strings.Repeat("namespace    foo", n/2),
		"domains":          strings.Repeat("db.foo.svc.cluster.local.", n/4),
		"beside UTF-8":     strings.Repeat("é", 2*n) + "db.foo.svc" + strings.Repeat("é", 2*n),
		"beside not UTF-8": strings.Repeat("\xff", 2*n) + "db.foo.svc\xff",
	} {
		t.Run(name, func(t *testing.T) {
			found := matcher.findNames(text)
			mapped, _, ok := matcher.rewriteNames(text, goldenTarget)
			if ok != (len(found.moved) > 0) || len(mapped) != len(text) {
				t.Errorf("%d places to replace, but replaced = %t and %d bytes became %d", len(found.moved), ok, len(text), len(mapped))
			}
			m.leftoverInText(text)
			matcher.unresolvedNames(text)
		})
	}
}

func TestHostMatchingKeepsLabelBoundaries(t *testing.T) {
	matcher := newHostMatcher(goldenSource, nil, fuzzInventory(Object{}))
	for text, want := range map[string]string{
		"\xffdb.foo.svc\xff":                 "\xffdb.bar.svc\xff",
		"«db.foo.svc»":                       "«db.bar.svc»",
		"db.foo.svc\x00":                     "db.bar.svc\x00",
		"DB.foo.svc":                         "DB.foo.svc",
		"db.FOO.svc":                         "db.FOO.svc",
		"db.foo.svc:80/foo.svc":              "db.bar.svc:80/foo.svc",
		"a.db.foo.svc,db.foo.svc":            "a.db.bar.svc,db.bar.svc",
		strings.Repeat("d", 64) + ".foo.svc": strings.Repeat("d", 64) + ".foo.svc",
	} {
		if got, _, _ := matcher.rewriteNames(text, goldenTarget); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
