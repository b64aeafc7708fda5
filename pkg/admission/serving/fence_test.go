package serving

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// oneSegment accepts itself; none is loaded when it is empty.
type oneSegment string

func (s oneSegment) Accepts(segment string) bool { return segment == string(s) }
func (s oneSegment) Loaded() bool                { return s != "" }

// rejections counts by reason.
type fakeRecorder map[string]int

func (r fakeRecorder) WebhookRejected(reason string) { r[reason]++ }

// untouched is a body that must not be read.
type untouched struct{ t *testing.T }

func (u untouched) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

func newFence(segment string, hook http.HandlerFunc) (*fence, fakeRecorder) {
	counted := fakeRecorder{}
	return &fence{
		segments: oneSegment(segment), recorder: counted, load: &load{}, hooks: map[string]http.Handler{"x.seedbed.dev": hook},
	}, counted
}

func newPost(path, contentType string, body io.Reader, length int64) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, body)
	r.Header.Set("Content-Type", contentType)
	r.ContentLength = length
	return r
}

func TestFenceRejectsByHeadersAlone(t *testing.T) {
	const good = "/abc/x.seedbed.dev"
	tests := map[string]struct {
		loaded, method, path, contentType string
		length                            int64
		code                              int
		reason                            string
		empty, retry                      bool
	}{
		"no segment yet":     {path: good, code: http.StatusServiceUnavailable, reason: ReasonNotReady, retry: true},
		"no segment":         {loaded: "abc", path: "/x.seedbed.dev", code: http.StatusNotFound, reason: ReasonPath, empty: true},
		"another segment":    {loaded: "abc", path: "/abd/x.seedbed.dev", code: http.StatusNotFound, reason: ReasonPath, empty: true},
		"another name":       {loaded: "abc", path: "/abc/y.seedbed.dev", code: http.StatusNotFound, reason: ReasonPath, empty: true},
		"a longer path":      {loaded: "abc", path: good + "/", code: http.StatusNotFound, reason: ReasonPath, empty: true},
		"the root":           {loaded: "abc", path: "/", code: http.StatusNotFound, reason: ReasonPath, empty: true},
		"a method":           {loaded: "abc", method: http.MethodGet, path: good, code: http.StatusMethodNotAllowed, reason: ReasonMethod},
		"a form":             {loaded: "abc", path: good, contentType: "application/x-www-form-urlencoded", code: http.StatusUnsupportedMediaType, reason: ReasonContentType},
		"a size":             {loaded: "abc", path: good, length: MaxReviewBytes + 1, code: http.StatusRequestEntityTooLarge, reason: ReasonTooLarge},
		"a method elsewhere": {loaded: "abc", method: http.MethodGet, path: "/", code: http.StatusNotFound, reason: ReasonPath, empty: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f, counted := newFence(test.loaded, func(http.ResponseWriter, *http.Request) { t.Error("the handler was called") })
			contentType := test.contentType
			if contentType == "" {
				contentType = contentTypeJSON
			}
			r := newPost(test.path, contentType, untouched{t}, max(test.length, 1))
			if test.method != "" {
				r.Method = test.method
			}
			w := httptest.NewRecorder()
			f.ServeHTTP(w, r)
			if w.Code != test.code || counted[test.reason] != 1 || len(counted) != 1 {
				t.Errorf("answered %d, counted %v; want %d, %s", w.Code, counted, test.code, test.reason)
			}
			if (w.Body.Len() == 0) != test.empty || (w.Header().Get("Retry-After") != "") != test.retry {
				t.Errorf("answered %q, header %v", w.Body, w.Header())
			}
		})
	}
}

func TestFencePassesAReviewOn(t *testing.T) {
	for _, contentType := range []string{"application/json", "application/json; charset=utf-8"} {
		f, counted := newFence("abc", func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			_, _ = fmt.Fprint(w, string(body), err, r.Header.Get("Content-Type"))
		})
		w := httptest.NewRecorder()
		f.ServeHTTP(w, newPost("/abc/x.seedbed.dev", contentType, strings.NewReader(`{"a":1}`), 7))
		if w.Code != http.StatusOK || w.Body.String() != `{"a":1}<nil>application/json` || len(counted) > 0 {
			t.Errorf("answered %d %q, counted %v", w.Code, w.Body, counted)
		}
		if f.load.reviews != 0 || f.load.bytes != 0 {
			t.Errorf("afterwards %d reviews and %d bytes are in flight", f.load.reviews, f.load.bytes)
		}
	}
}

func TestBodiesAreBounded(t *testing.T) {
	for name, test := range map[string]struct {
		body   string
		length int64
		code   int
	}{
		"of the largest size":          {strings.Repeat("x", MaxReviewBytes), MaxReviewBytes, http.StatusOK},
		"of unknown length, too large": {strings.Repeat("x", MaxReviewBytes+1), -1, http.StatusRequestEntityTooLarge},
		"of unknown length":            {"{}", -1, http.StatusOK},
		"of too many parts":            {"[" + strings.Repeat("0,", maxElements) + "0]", 2*maxElements + 3, http.StatusRequestEntityTooLarge},
		"of many parts":                {"[" + strings.Repeat("0,", maxElements-1) + "0]", 2*maxElements + 1, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := newFence("abc", func(http.ResponseWriter, *http.Request) {})
			w := httptest.NewRecorder()
			f.ServeHTTP(w, newPost("/abc/x.seedbed.dev", contentTypeJSON, bytes.NewReader([]byte(test.body)), test.length))
			if w.Code != test.code {
				t.Errorf("answered %d, want %d", w.Code, test.code)
			}
			if f.load.reviews != 0 || f.load.bytes != 0 {
				t.Errorf("afterwards %d reviews and %d bytes are in flight", f.load.reviews, f.load.bytes)
			}
		})
	}
}

func TestLoadRejectsAtOnce(t *testing.T) {
	t.Run("by count", func(t *testing.T) {
		l := &load{}
		for range maxInFlight {
			if _, rejected := l.admitReview(1); rejected != nil {
				t.Fatal(rejected.text)
			}
		}
		if _, rejected := l.admitReview(1); rejected != busy {
			t.Errorf("one more: %v", rejected)
		}
	})
	t.Run("by memory", func(t *testing.T) {
		l := &load{}
		var first *ticket
		for range maxInFlightBytes / (copies * MaxReviewBytes) {
			admitted, rejected := l.admitReview(-1)
			if rejected != nil {
				t.Fatal(rejected.text)
			}
			if first == nil {
				first = admitted
			}
		}
		if _, rejected := l.admitReview(1); rejected != busy {
			t.Errorf("one more byte: %v", rejected)
		}
		if first.reserveBytes(1) {
			t.Error("one more byte of an admitted review")
		}
		first.endReview()
		if _, rejected := l.admitReview(MaxReviewBytes); rejected != nil {
			t.Error("after one has ended, another is rejected")
		}
	})
}
