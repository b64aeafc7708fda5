package apply

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
)

func TestPagesOfLargeContentAreSmall(t *testing.T) {
	for name, test := range map[string]struct {
		query ListQuery
		want  int
	}{
		"metadata":               {ListQuery{Size: 1 << 20}, listLimit},
		"small objects":          {ListQuery{Content: true, Size: 100}, maxContents},
		"large objects":          {ListQuery{Content: true, Size: 1 << 20}, 16},
		"larger than a page":     {ListQuery{Content: true, Size: 1 << 30}, minPage},
		"of a size that is none": {ListQuery{Content: true}, maxContents},
	} {
		if got := test.query.firstLimit(); got != test.want {
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

// slowServer lets pages of more objects than it bears time out, and answers others.
type slowServer struct {
	bears int
	asked []string
}

func (s *slowServer) RoundTrip(request *http.Request) (*http.Response, error) {
	limit := request.URL.Query().Get("limit")
	s.asked = append(s.asked, limit)
	if count, _ := strconv.Atoi(limit); count > s.bears {
		return nil, context.DeadlineExceeded
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(`{"items":[]}`))}, nil
}

// A page of larger objects than expected is asked for in smaller parts, down to a bound.
func TestListShrinksPagesThatTakeTooLong(t *testing.T) {
	kind := schema.GroupVersionKind{Version: "v1", Kind: "Thing"}
	for name, test := range map[string]struct {
		bears int
		asked []string
		fails bool
	}{
		"it bears all":  {bears: 1000, asked: []string{"1000"}},
		"it bears less": {bears: 100, asked: []string{"1000", "250", "62"}},
		"it bears none": {asked: []string{"1000", "250", "62", "16"}, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			server := &slowServer{bears: test.bears}
			resolver := &Resolver{known: map[schema.GroupVersionKind]*meta.RESTMapping{kind: {Resource: kind.GroupVersion().WithResource("things"), GroupVersionKind: kind, Scope: meta.RESTScopeNamespace}}}
			applier, err := New(&rest.Config{Host: "http://127.0.0.1:1", Transport: server}, resolver, "seedbed")
			if err != nil {
				t.Fatal(err)
			}
			err = applier.List(t.Context(), kind, ListQuery{Content: true}, nil, func() error { return nil })
			if !slices.Equal(server.asked, test.asked) || (err != nil) != test.fails {
				t.Errorf("pages of %q, %v; want %q, an error: %t", server.asked, err, test.asked, test.fails)
			}
		})
	}
}
