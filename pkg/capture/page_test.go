package capture

import (
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"seedbed.dev/seedbed/pkg/archive"
)

func TestReadPageVisitsEachItem(t *testing.T) {
	tests := map[string]struct {
		body  string
		items []string
		next  string
		cut   bool
		err   error
	}{
		"items first, as custom resources have them": {body: `{"apiVersion":"g/v1","items":[{"a":1}, {"b":2}],"kind":"XList","metadata":{"continue":"c"}}`, items: []string{`{"a":1}`, `{"b":2}`}, next: "c"},
		"metadata first":     {body: `{"kind":"XList","metadata":{"resourceVersion":"7"},"items":[{"a":1}]}` + "\n", items: []string{`{"a":1}`}},
		"no items":           {body: `{"metadata":{},"items":[]}`},
		"null":               {body: `{"metadata":{},"items":null}`},
		"no list":            {body: `[1]`, err: errNoList},
		"items of no list":   {body: `{"items":{}}`, err: errNoList},
		"cut in an item":     {body: `{"items":[{"a":1},{"b"`, items: []string{`{"a":1}`}, cut: true},
		"cut after an item":  {body: `{"items":[{"a":1}`, items: []string{`{"a":1}`}, cut: true},
		"cut after the list": {body: `{"items":[{"a":1}]`, items: []string{`{"a":1}`}, cut: true},
		"empty":              {cut: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var items []string
			next, err := readPage(iotest.OneByteReader(strings.NewReader(test.body)), func(item []byte) error {
				items = append(items, string(item))
				return nil
			})
			if diff := cmp.Diff(test.items, items); diff != "" || next != test.next {
				t.Errorf("the next is %q, items (-want +got):\n%s", next, diff)
			}
			if test.cut != errors.Is(err, errCut) || !test.cut && !errors.Is(err, test.err) {
				t.Errorf("got %v, want %v, cut: %t", err, test.err, test.cut)
			}
		})
	}
}

func TestReadPageDistinguishesErrors(t *testing.T) {
	const list = `{"items":[{"a":1}]}`
	unfit := errors.New("unfit")
	if _, err := readPage(strings.NewReader(list), func([]byte) error { return unfit }); !errors.Is(err, unfit) || errors.Is(err, errCut) {
		t.Errorf("an item that is refused: %v", err)
	}
	broken := io.MultiReader(strings.NewReader(list[:12]), iotest.ErrReader(syscall.ECONNRESET))
	if _, err := readPage(broken, func([]byte) error { return nil }); !errors.Is(err, errCut) || !isTransient(err) {
		t.Errorf("a connection that breaks: %v, want one that may pass", err)
	}
	if _, err := readPage(strings.NewReader(`{"items":[x]}`), func([]byte) error { return nil }); err == nil || errors.Is(err, errCut) {
		t.Errorf("no JSON: %v", err)
	}
}

// endlessObject is the body of a list whose first object never ends.
type endlessObject struct{ begun bool }

func (e *endlessObject) Read(p []byte) (int, error) {
	if !e.begun {
		e.begun = true
		return copy(p, `{"items":[{"a":"`), nil
	}
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestEndlessObjectIsRejected(t *testing.T) {
	if _, err := readPage(&endlessObject{}, func([]byte) error { return nil }); !errors.Is(err, archive.ErrLimit) {
		t.Errorf("got %v, want ErrLimit", err)
	}
}

func TestNextLimitAdaptsToItemSize(t *testing.T) {
	tests := map[string]struct {
		size pageSize
		want int64
	}{
		"nothing yet":     {want: firstPage},
		"small objects":   {size: pageSize{items: 50, bytes: 50 * 600}, want: maxPage},
		"of 100 KiB":      {size: pageSize{items: 50, bytes: 50 * 100 << 10}, want: 40},
		"of a megabyte":   {size: pageSize{items: 50, bytes: 50 << 20}, want: 4},
		"the largest":     {size: pageSize{items: 1, bytes: 3 << 20}, want: 1},
		"larger than any": {size: pageSize{items: 1, bytes: 30 << 20}, want: 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := test.size.nextLimit(); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}
