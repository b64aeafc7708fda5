package apply

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
)

// newTestClient returns a client of a server that answers every request with answer, below a path as behind some proxies.
func newTestClient(t *testing.T, answer http.HandlerFunc) *client {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	c, err := newClient(&rest.Config{Host: server.URL + "/k8s/clusters/one", UserAgent: "seedbed/test"}, "seedbed")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var webhooks = place{resource: schema.GroupVersionResource{Group: "example.com", Version: "v1", Resource: "hooks"}, namespace: "bar"}

func TestCreateRequest(t *testing.T) {
	for name, test := range map[string]struct {
		at          place
		strict, dry bool
		path, query string
	}{
		"of the core":  {at: place{resource: corev1.SchemeGroupVersion.WithResource("secrets"), namespace: "bar"}, path: "/k8s/clusters/one/api/v1/namespaces/bar/secrets", query: "fieldManager=seedbed&fieldValidation=Ignore&timeout=10s"},
		"of a group":   {at: webhooks, path: "/k8s/clusters/one/apis/example.com/v1/namespaces/bar/hooks", query: "fieldManager=seedbed&fieldValidation=Ignore&timeout=10s"},
		"of a version": {at: webhooks, strict: true, dry: true, path: "/k8s/clusters/one/apis/example.com/v1/namespaces/bar/hooks", query: "fieldManager=seedbed&fieldValidation=Strict&timeout=10s&dryRun=All"},
	} {
		t.Run(name, func(t *testing.T) {
			var asked *http.Request
			c := newTestClient(t, func(out http.ResponseWriter, in *http.Request) {
				asked = in.Clone(in.Context())
				out.WriteHeader(http.StatusCreated)
				_, _ = out.Write([]byte(`{"kind":"PartialObjectMetadata","metadata":{"name":"one","uid":"u1"}}`))
			})
			c.dry = test.dry
			uid, err := c.create(t.Context(), test.at, []byte(`{"kind":"Hook"}`), test.strict)
			if err != nil || uid != "u1" {
				t.Errorf("created %q, %v", uid, err)
			}
			if asked.Method != http.MethodPost || asked.URL.Path != test.path || asked.URL.RawQuery != test.query || asked.ContentLength != 15 ||
				asked.Header.Get("Accept") != metadataOnly || asked.Header.Get("Content-Type") != "application/json" ||
				asked.Header.Get("User-Agent") != "seedbed/test" {
				t.Errorf("the request is %s %s with %v", asked.Method, asked.URL, asked.Header)
			}
		})
	}
}

func TestCreateReturnsTheAPIServersError(t *testing.T) {
	exists := `{"kind":"Status","apiVersion":"v1","status":"Failure","message":"hooks \"one\" already exists","reason":"AlreadyExists","details":{"name":"one","kind":"hooks"},"code":409}`
	for name, test := range map[string]struct {
		code   int
		header string // Retry-After
		body   string
		is     func(error) bool
		passes bool
	}{
		"a Status":                     {409, "", exists, apierrors.IsAlreadyExists, false},
		"busy, in words":               {429, "1", "Too many requests, please try again later.", apierrors.IsTooManyRequests, true},
		"a proxy's page":               {502, "", "<html>" + strings.Repeat("x", 2*maxRefusal), apierrors.IsUnexpectedServerError, true},
		"a path that nobody serves":    {404, "", "404 page not found", apierrors.IsNotFound, false},
		"no Status, and a success":     {500, "", `{"kind":"Hook","status":"Success"}`, apierrors.IsInternalError, true},
		"away":                         {503, "", "", apierrors.IsServiceUnavailable, true},
		"somebody else wrote, says it": {409, "", `{"kind":"Status","status":"Failure","reason":"Conflict","code":409}`, apierrors.IsConflict, true},
	} {
		t.Run(name, func(t *testing.T) {
			c := newTestClient(t, func(out http.ResponseWriter, _ *http.Request) {
				if test.header != "" {
					out.Header().Set("Retry-After", test.header)
				}
				out.WriteHeader(test.code)
				_, _ = out.Write([]byte(test.body))
			})
			_, err := c.create(t.Context(), webhooks, nil, false)
			if !test.is(err) || isTransient(err) != test.passes || len(err.Error()) > 2*maxRefusal {
				t.Errorf("the error is %#v, transient: %v", err, isTransient(err))
			}
		})
	}
}

func TestCreateNeedsAUID(t *testing.T) {
	for name, answer := range map[string]string{"nothing": "", "a page": "<html>", "no UID": `{"metadata":{"name":"one"}}`} {
		t.Run(name, func(t *testing.T) {
			c := newTestClient(t, func(out http.ResponseWriter, _ *http.Request) { _, _ = out.Write([]byte(answer)) })
			if uid, err := c.create(t.Context(), webhooks, nil, false); err == nil || !strings.Contains(err.Error(), "UID") {
				t.Errorf("created %q, %v", uid, err)
			}
		})
	}
}

func TestClosedConnectionIsTransient(t *testing.T) {
	c := newTestClient(t, func(out http.ResponseWriter, _ *http.Request) {
		connection, _, err := http.NewResponseController(out).Hijack()
		if err == nil {
			_ = connection.Close()
		}
	})
	_, err := c.create(t.Context(), webhooks, nil, false)
	var status apierrors.APIStatus
	if errors.As(err, &status) || !isTransient(err) {
		t.Errorf("the error is %v, of the kind %s", err, apierrors.ReasonForError(err))
	}
}

func TestCreatesUseTheirOwnConnection(t *testing.T) {
	from := map[string][]string{} // methods by the connection that they came over
	var mu sync.Mutex
	c := newTestClient(t, func(out http.ResponseWriter, in *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		from[in.RemoteAddr] = append(from[in.RemoteAddr], in.Method)
		_, _ = out.Write([]byte(`{"metadata":{"uid":"u1"}}`))
	})
	for range 2 {
		if _, err := c.create(t.Context(), webhooks, nil, false); err != nil {
			t.Fatal(err)
		}
		if _, err := c.get(t.Context(), webhooks, "one"); err != nil {
			t.Fatal(err)
		}
	}
	var each []string
	for _, methods := range from {
		each = append(each, strings.Join(methods, " "))
	}
	slices.Sort(each)
	if want := []string{"GET GET", "POST POST"}; !slices.Equal(each, want) {
		t.Errorf("the connections carried %q, want %q", each, want)
	}
}
