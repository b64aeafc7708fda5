package integration

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestCaptureListsInPages(t *testing.T) {
	const count = 1200
	namespace, client := newNamespace(t, "pages"), clientFor(t, testCluster.Config())
	awaitDefaults(t, client, namespace)
	createConfigMaps(t, client, namespace, count)
	tests := map[string]struct {
		expire, cut bool
		pages       []string
		late        bool
	}{
		"consistently":                       {pages: []string{"50", "500 continued", "500 continued", "500 continued"}},
		"and begins again when they expired": {expire: true, pages: []string{"50", "500 continued", "500", "500 continued", "500 continued"}, late: true},
		"and reads one again that was cut":   {cut: true, pages: []string{"50", "500 continued", "500 continued", "500 continued", "500 continued"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var pages []string
			config := testCluster.Config()
			config.Wrap(func(next http.RoundTripper) http.RoundTripper {
				return roundTripFunc(func(request *http.Request) (*http.Response, error) {
					if !strings.HasSuffix(request.URL.Path, namespace+"/configmaps") {
						return next.RoundTrip(request)
					}
					pages = append(pages, describePage(request))
					if len(pages) != 2 {
						return next.RoundTrip(request)
					}
					late := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "late"}}
					if _, err := client.CoreV1().ConfigMaps(namespace).Create(request.Context(), late, metav1.CreateOptions{}); err != nil {
						return nil, err
					}
					if test.expire {
						return expiredResponse(request)
					}
					response, err := next.RoundTrip(request)
					if err == nil && test.cut {
						response.Body = &truncatedBody{ReadCloser: response.Body, left: 10 << 10}
					}
					return response, err
				})
			})
			defer func() {
				if err := client.CoreV1().ConfigMaps(namespace).Delete(testContext(t), "late", metav1.DeleteOptions{}); err != nil {
					t.Error(err)
				}
			}()
			got := captureWith(t, newCapturer(t, config), v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}, IncludedResources: []string{"cm"}})
			wantPages(t, got, pages, test.pages)
			names := got.objectNames()
			want := count + 1 // and the namespace
			if test.late {
				want++
			}
			if slices.Contains(names, "configmaps "+namespace+"/late") != test.late || len(names) != want {
				t.Errorf("%d objects, want %d; an object that came while the pages were read is in it: %t", len(names), want, !test.late)
			}
		})
	}
}

func wantPages(t *testing.T, got captureResult, pages, want []string) {
	t.Helper()
	if diff := cmp.Diff(want, pages); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	wantMessages(t, "errors", got.Errors)
	wantMessages(t, "warnings", got.Warnings)
	if int(got.Items) != len(got.items)-1 || len(got.Counts) != 1 || got.Counts[0] != (v1alpha1.ResourceCount{Resource: "configmaps", Count: got.Items}) {
		t.Errorf("%d items, %v by resource, %d in the archive with the namespace", got.Items, got.Counts, len(got.items))
	}
	if !slices.IsSorted(got.objectNames()[:len(got.objectNames())-1]) {
		t.Error("the objects are not in order")
	}
}

func describePage(request *http.Request) string {
	query := request.URL.Query()
	switch {
	case query.Get("continue") != "":
		return query.Get("limit") + " continued"
	case query.Get("limit") != "":
		return query.Get("limit")
	}
	return "all"
}

// roundTripFunc is a transport made of one function.
type roundTripFunc func(*http.Request) (*http.Response, error)

func (r roundTripFunc) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// truncatedBody is the body of a connection that is lost after a number of bytes.
type truncatedBody struct {
	io.ReadCloser
	left int
}

func (c *truncatedBody) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, syscall.ECONNRESET
	}
	n, err := c.ReadCloser.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

// A list that keeps expiring is an error, and never falls back to one page with everything.
func TestCaptureFailsWhenListKeepsExpiring(t *testing.T) {
	namespace, client := newNamespace(t, "expiring"), clientFor(t, testCluster.Config())
	awaitDefaults(t, client, namespace)
	createConfigMaps(t, client, namespace, 600)
	var pages []string
	config := testCluster.Config()
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripFunc(func(request *http.Request) (*http.Response, error) {
			if !strings.HasSuffix(request.URL.Path, namespace+"/configmaps") {
				return next.RoundTrip(request)
			}
			pages = append(pages, describePage(request))
			if request.URL.Query().Get("continue") != "" {
				return expiredResponse(request)
			}
			return next.RoundTrip(request)
		})
	})
	got := captureWith(t, newCapturer(t, config), v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}, IncludedResources: []string{"cm"}})
	wantMessages(t, "errors", got.Errors, "configmaps in namespace "+namespace+" could not be listed: The provided continue parameter is too old")
	if len(pages) != 8 || slices.Contains(pages, "all") {
		t.Errorf("the pages were %q", pages)
	}
	if got.Items != 0 || len(got.items) != 1 {
		t.Errorf("%d objects are in the archive", got.Items)
	}
}

// Pages of large objects are small: an API server holds a page as a whole.
func TestCaptureAdaptsPageSizeToObjectSize(t *testing.T) {
	namespace, client := newNamespace(t, "large"), clientFor(t, testCluster.Config())
	awaitDefaults(t, client, namespace)
	const large = 60
	for number := range large {
		configMap := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("cm-%05d", number)}, Data: map[string]string{"text": strings.Repeat("x", 400<<10)}}
		if _, err := client.CoreV1().ConfigMaps(namespace).Create(testContext(t), configMap, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	var pages []string
	config := testCluster.Config()
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripFunc(func(request *http.Request) (*http.Response, error) {
			if strings.HasSuffix(request.URL.Path, namespace+"/configmaps") {
				pages = append(pages, describePage(request))
			}
			return next.RoundTrip(request)
		})
	})
	got := captureWith(t, newCapturer(t, config), v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}, IncludedResources: []string{"cm"}})
	if diff := cmp.Diff([]string{"50", "10 continued", "10 continued"}, pages); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	if len(got.objectNames()) != large+1 {
		t.Errorf("%d objects are in the archive", len(got.objectNames()))
	}
}

// expiredResponse returns the API server's response to a continue token that is minutes old, which is too long to wait for.
func expiredResponse(request *http.Request) (*http.Response, error) {
	status := apierrors.NewResourceExpired("The provided continue parameter is too old").ErrStatus
	status.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}
	body, err := json.Marshal(status)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		Status: "410 Gone", StatusCode: http.StatusGone, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: request,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)),
	}, nil
}

func TestCaptureReportsProgressAndIsDeterministic(t *testing.T) {
	namespace, client := newNamespace(t, "progress"), clientFor(t, testCluster.Config())
	awaitDefaults(t, client, namespace)
	createConfigMaps(t, client, namespace, 600)
	c := newCapturer(t, testCluster.Config())
	spec := v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}, ExcludedResources: []string{"leases"}}
	var steps [][2]int32
	first, err := c.Run(testContext(t), &spec, func(found, written int32) { steps = append(steps, [2]int32{found, written}) })
	if err != nil {
		t.Fatal(err)
	}
	last := [2]int32{}
	for _, step := range steps {
		if step[0] < last[0] || step[1] < last[1] || step[1] > step[0] {
			t.Errorf("after %v comes %v", last, step)
		}
		last = step
	}
	if last != [2]int32{first.Items, first.Items} || !slices.Contains(steps, [2]int32{550, 0}) {
		t.Errorf("progress was %v for %d items", steps, first.Items)
	}
	second, err := c.Run(testContext(t), &spec, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Content, second.Content) {
		t.Error("the same objects gave different archives")
	}
}
