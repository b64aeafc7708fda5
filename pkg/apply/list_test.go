package apply

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestPagesOfLargeContentAreSmall(t *testing.T) {
	for name, test := range map[string]struct {
		query ListQuery
		want  int
	}{
		"metadata":               {ListQuery{Size: 1 << 20}, listLimit},
		"small objects":          {ListQuery{Content: true, Size: 100}, maxContents},
		"large objects":          {ListQuery{Content: true, Size: 1 << 20}, 16},
		"larger than a page":     {ListQuery{Content: true, Size: 1 << 30}, 1},
		"of a size that is none": {ListQuery{Content: true}, maxContents},
	} {
		if got := test.query.limit(); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

func TestListIsDecodedItemByItem(t *testing.T) {
	tests := map[string]struct {
		answer    string
		names     []string
		following string
		fails     bool
	}{
		"a page":                {answer: `{"kind":"X","apiVersion":"v1","metadata":{"continue":"next"},"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}]}`, names: []string{"a", "b"}, following: "next"},
		"the token at the end":  {answer: `{"items":[{"metadata":{"name":"a"}}],"metadata":{"continue":"next"}}`, names: []string{"a"}, following: "next"},
		"the last page":         {answer: `{"metadata":{"resourceVersion":"7"},"items":[]}`},
		"no items":              {answer: `{"metadata":{},"items":null}`},
		"cut between items":     {answer: `{"metadata":{},"items":[{"metadata":{"name":"a"}}`, names: []string{"a"}, fails: true},
		"cut in an item":        {answer: `{"metadata":{},"items":[{"metadata":{"na`, fails: true},
		"cut at the end":        {answer: `{"metadata":{},"items":[]`, fails: true},
		"nothing":               {fails: true},
		"items of another type": {answer: `{"items":{"a":1}}`, fails: true},
		"another answer":        {answer: `[]`, fails: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var names []string
			visit := func(live *metav1.PartialObjectMetadata, _ []byte) { names = append(names, live.Name) }
			for _, query := range []ListQuery{{}, {Content: true}} {
				names = nil
				following, err := decodeList(json.NewDecoder(strings.NewReader(test.answer)), query.newItemDecoder(visit))
				if !slices.Equal(names, test.names) || following != test.following || (err != nil) != test.fails {
					t.Errorf("%+v: names %q, then %q, %v; want %q, then %q, an error: %t", query, names, following, err, test.names, test.following, test.fails)
				}
			}
		})
	}
}
