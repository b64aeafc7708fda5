package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// faulty injects random faults into the requests through a proxy.
type faulty struct {
	dice
	// raging turns the faults on.
	raging atomic.Bool
	// writes are the writes that the API server carried out.
	writes writeLog
}

// serve passes a request on, or not: of twenty requests about three meet a fault.
func (f *faulty) serve(out http.ResponseWriter, in *http.Request, pass http.Handler) {
	recorded := f.writes.recordWrites(pass)
	if !f.raging.Load() {
		recorded.ServeHTTP(out, in)
		return
	}
	if in.URL.Query().Get("watch") != "" {
		f.watch(out, in, recorded)
		return
	}
	switch f.intBelow(60) {
	case 0:
		writeStatusError(out, http.StatusTooManyRequests, metav1.StatusReasonTooManyRequests)
	case 1:
		writeStatusError(out, http.StatusInternalServerError, metav1.StatusReasonInternalError)
	case 2:
		writeStatusError(out, http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable)
	case 3:
		if in.Method == http.MethodGet && in.URL.Query().Has("limit") {
			writeStatusError(out, http.StatusGone, metav1.StatusReasonExpired)
			return
		}
		recorded.ServeHTTP(out, in)
	case 4: // the request is lost
		panic(http.ErrAbortHandler)
	case 5: // the answer is lost
		recorded.ServeHTTP(discard{http.Header{}}, in)
		panic(http.ErrAbortHandler)
	case 6, 7:
		sleep(in.Context(), f.durationBetween(10*time.Millisecond, 500*time.Millisecond))
		recorded.ServeHTTP(out, in)
	default:
		recorded.ServeHTTP(out, in)
	}
}

// watch refuses a watch, or cuts it after a while, with and without a proper end.
func (f *faulty) watch(out http.ResponseWriter, in *http.Request, pass http.Handler) {
	switch f.intBelow(12) {
	case 0:
		writeStatusError(out, http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable)
		return
	case 1:
		writeStatusError(out, http.StatusGone, metav1.StatusReasonExpired)
		return
	case 2:
		panic(http.ErrAbortHandler)
	}
	ctx, cancel := context.WithTimeout(in.Context(), f.durationBetween(200*time.Millisecond, 6*time.Second))
	defer cancel()
	passUntilCut(f.intBelow(2) == 0, out, in.WithContext(ctx), pass)
}

func sleep(ctx context.Context, duration time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(duration):
	}
}

// writeStatusError writes a refusal as the API server does.
func writeStatusError(out http.ResponseWriter, code int, reason metav1.StatusReason) {
	status := metav1.Status{Status: metav1.StatusFailure, Code: int32(code), Reason: reason, Message: "the proxy says so"}
	if code == http.StatusTooManyRequests {
		out.Header().Set("Retry-After", "1")
		status.Details = &metav1.StatusDetails{RetryAfterSeconds: 1}
	}
	answerStatus(out, status)
}

func answerStatus(out http.ResponseWriter, status metav1.Status) {
	status.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}
	out.Header().Set("Content-Type", "application/json")
	out.WriteHeader(int(status.Code))
	_ = json.NewEncoder(out).Encode(status) // the caller may be gone
}

// writeLog counts the writes to namespaced objects that the API server carried out, by verb and object.
type writeLog struct {
	mu    sync.Mutex
	count map[string]int
}

func (l *writeLog) recordWrites(pass http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		if in.Method == http.MethodGet || in.URL.Query().Has("dryRun") {
			pass.ServeHTTP(out, in)
			return
		}
		kept := &keptAnswer{ResponseWriter: out, create: in.Method == http.MethodPost}
		defer func() { // also where the caller is gone when the answer comes
			if kept.code >= http.StatusOK && kept.code < http.StatusMultipleChoices {
				l.add(in.Method, in.URL.Path, kept.body)
			}
		}()
		pass.ServeHTTP(kept, in.WithContext(context.WithoutCancel(in.Context()))) // a request that was sent is carried out and counted
	})
}

// add counts a write. The name of a created object is in the answer.
func (l *writeLog) add(method, path string, body []byte) {
	_, object, found := strings.Cut(path, "/namespaces/")
	if !found {
		return
	}
	if method == http.MethodPost {
		var created metav1.PartialObjectMetadata
		if json.Unmarshal(body, &created) != nil || created.Name == "" {
			return
		}
		object += "/" + created.Name
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count == nil {
		l.count = map[string]int{}
	}
	l.count[method+" "+object]++
}

// countWrites returns how often an object was written by that method.
func (l *writeLog) countWrites(method, namespace, resource, name string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count[fmt.Sprintf("%s %s/%s/%s", method, namespace, resource, name)]
}

// keptAnswer keeps an answer's code, and the body of a create's.
type keptAnswer struct {
	http.ResponseWriter
	create bool
	code   int
	body   []byte
}

func (k *keptAnswer) WriteHeader(code int) {
	k.code = code
	k.ResponseWriter.WriteHeader(code)
}

func (k *keptAnswer) Write(p []byte) (int, error) {
	if k.code == 0 {
		k.code = http.StatusOK
	}
	if k.create {
		k.body = append(k.body, p...)
	}
	return k.ResponseWriter.Write(p)
}

// Flush implements http.Flusher.
func (k *keptAnswer) Flush() {
	if flusher, ok := k.ResponseWriter.(http.Flusher); ok {
		flusher.Flush()
	}
}
