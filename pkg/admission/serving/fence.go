package serving

import (
	"mime"
	"net/http"
	"strings"
	"time"
)

// Segments returns which segments of the webhooks' paths are accepted now.
type Segments interface {
	// Accepts reports whether a path may have this segment.
	Accepts(segment string) bool
	// Loaded reports whether any segment is known yet.
	Loaded() bool
}

// Recorder counts the requests that are rejected before a handler sees them.
type Recorder interface {
	WebhookRejected(reason string)
}

// Reasons for which a Recorder is called.
const (
	ReasonConnections = "connections"
	ReasonNotReady    = "not_ready"
	ReasonPath        = "path"
	ReasonMethod      = "method"
	ReasonContentType = "content_type"
	ReasonTooLarge    = "too_large"
	ReasonUnreadable  = "unreadable"
	ReasonBusy        = "busy"
)

// rejection is the answer to a request that does not reach its handler. Its text is constant: it names nothing of the cluster.
type rejection struct {
	reason string
	code   int
	text   string
	// retry reports whether the client should retry soon. The API server's client does, by Retry-After.
	retry bool
}

var (
	notReady    = &rejection{reason: ReasonNotReady, code: http.StatusServiceUnavailable, text: "Seedbed is starting, try again", retry: true}
	unknownPath = &rejection{reason: ReasonPath, code: http.StatusNotFound}
	wrongMethod = &rejection{reason: ReasonMethod, code: http.StatusMethodNotAllowed, text: "a review is a POST"}
	wrongType   = &rejection{reason: ReasonContentType, code: http.StatusUnsupportedMediaType, text: "a review is application/json"}
	tooLarge    = &rejection{reason: ReasonTooLarge, code: http.StatusRequestEntityTooLarge, text: "the object is too large for Seedbed to review it: shorten its annotations, labels or lists"}
	unreadable  = &rejection{reason: ReasonUnreadable, code: http.StatusBadRequest, text: "the review could not be read"}
	busy        = &rejection{reason: ReasonBusy, code: http.StatusTooManyRequests, text: "Seedbed has too many reviews in flight, try again", retry: true}
)

const (
	contentTypeJSON = "application/json"
	// readWithin is the time limit of reading a body. The API server sends it with the headers.
	readWithin = 5 * time.Second
)

// fence checks requests before their handlers.
type fence struct {
	segments Segments
	recorder Recorder
	load     *load
	hooks    map[string]http.Handler // by webhook name
}

// ServeHTTP implements [http.Handler].
func (f *fence) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(readWithin)) // every connection of this server has a deadline
	hook, rejected := f.lookupHook(r)
	if rejected != nil {
		f.writeRejection(w, rejected)
		return
	}
	ticket, rejected := f.load.admitReview(r.ContentLength)
	if rejected != nil {
		f.writeRejection(w, rejected)
		return
	}
	defer ticket.endReview()
	if rejected := bufferBody(w, r, ticket); rejected != nil {
		f.writeRejection(w, rejected)
		return
	}
	_ = control.SetReadDeadline(time.Time{})
	hook.ServeHTTP(w, r)
}

// lookupHook returns the handler of a request, by its headers alone.
func (f *fence) lookupHook(r *http.Request) (http.Handler, *rejection) {
	if !f.segments.Loaded() {
		return nil, notReady
	}
	segment, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	accepted := f.segments.Accepts(segment)
	hook := f.hooks[name]
	switch {
	case !accepted || hook == nil:
		return nil, unknownPath
	case r.Method != http.MethodPost:
		return nil, wrongMethod
	case !isJSON(r.Header.Get("Content-Type")):
		return nil, wrongType
	}
	r.Header.Set("Content-Type", contentTypeJSON) // the handler takes no parameters
	return hook, nil
}

func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == contentTypeJSON
}

func (f *fence) writeRejection(w http.ResponseWriter, rejected *rejection) {
	f.recorder.WebhookRejected(rejected.reason)
	header := w.Header()
	if rejected.retry {
		header.Set("Retry-After", "1")
	} else {
		header.Set("Connection", "close") // so that nothing of the body is read
	}
	if rejected.text == "" {
		header.Set("Content-Length", "0")
		w.WriteHeader(rejected.code)
		return
	}
	http.Error(w, rejected.text, rejected.code)
}
