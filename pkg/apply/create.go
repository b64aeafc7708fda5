package apply

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/metrics"
)

// create posts an object and returns its UID. Every object of every namespace costs this one call, so it uses client-go's
// transports without the request builder: building each request anew took a third of the controller's time for a create.
// Decoding the answer took a twentieth, mostly for managedFields, so only the UID is read.
func (c *client) create(ctx context.Context, at place, body []byte, strict bool) (types.UID, error) {
	status, header, answer, err := c.postBody(ctx, at, body, strict)
	if err != nil {
		metrics.RequestResult.Increment(ctx, "<error>", http.MethodPost, c.base.Host)
		return "", err
	}
	metrics.RequestResult.Increment(ctx, strconv.Itoa(status), http.MethodPost, c.base.Host)
	if status < http.StatusOK || status > http.StatusPartialContent {
		return "", refusalError(at, status, header, answer)
	}
	uid := gjson.GetBytes(answer, "metadata.uid").String()
	if uid == "" {
		return "", fmt.Errorf("the API server's answer %d names no UID", status)
	}
	return types.UID(uid), nil
}

func (c *client) postBody(ctx context.Context, at place, body []byte, strict bool) (status int, header http.Header, answer []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	target := url.URL{Scheme: c.base.Scheme, Host: c.base.Host, RawQuery: c.createQuery(strict)}
	target.Path = strings.TrimSuffix(c.base.Path, "/") + strings.Join(at.pathSegments(), "/")
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "", bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	request.URL, request.Host = &target, target.Host
	request.Header = c.header
	response, err := c.creates.RoundTrip(request)
	if err != nil {
		return 0, nil, nil, &url.Error{Op: "Post", URL: target.String(), Err: err} // the type that http.Client returns, which callers classify
	}
	defer func() { _ = response.Body.Close() }()
	whole := bytes.NewBuffer(make([]byte, 0, usualAnswer))
	if _, err := whole.ReadFrom(response.Body); err != nil {
		return 0, nil, nil, &url.Error{Op: "Post", URL: target.String(), Err: err}
	}
	return response.StatusCode, response.Header, whole.Bytes(), nil
}

// usualAnswer is the size in bytes of most answers: an object's metadata, and room to read the end of the body.
const usualAnswer = 2048

// createQuery returns the options of a create. The API server ends a request that exceeds the timeout.
func (c *client) createQuery(strict bool) string {
	query := "fieldManager=" + url.QueryEscape(c.fieldManager) + "&fieldValidation=" + fieldValidation(strict) + "&timeout=" + callTimeout.String()
	if c.dry {
		query += "&dryRun=" + metav1.DryRunAll
	}
	return query
}

// refusalError returns the error of an answer: its Status or, if something in front of the API server answered (its load limits, a
// proxy), an error for the code.
func refusalError(at place, code int, header http.Header, answer []byte) error {
	status := apierrors.StatusError{}
	if err := json.Unmarshal(answer, &status.ErrStatus); err == nil && status.ErrStatus.Kind == "Status" && status.ErrStatus.Status == metav1.StatusFailure {
		return &status
	}
	wait, _ := strconv.Atoi(header.Get("Retry-After")) // zero unless it is a number of seconds
	text := strings.TrimSpace(string(answer[:min(len(answer), maxRefusal)]))
	return apierrors.NewGenericServerResponse(code, http.MethodPost, at.resource.GroupResource(), "", text, wait, true)
}

// maxRefusal bounds the text of an answer without a Status, in bytes.
const maxRefusal = 2048

// newCreateTransport returns the transport of creates. It shares no connection with other requests: an API server takes 100 at a
// time from one connection, and access reviews, watches and the lease must not wait behind a burst of objects. (Beyond 100
// concurrent requests the transport opens a second connection.) More connections did not make restores faster, and each object
// cost the controller a tenth more CPU time, because fewer requests and answers travel together.
func newCreateTransport(config *rest.Config) (http.RoundTripper, error) {
	config = rest.CopyConfig(config)
	dial := config.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext // client-go's own values
	}
	// client-go shares one transport among all configs without a Dial function.
	config.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		return dial(ctx, network, address)
	}
	transport, err := rest.TransportFor(config)
	if err != nil {
		return nil, fmt.Errorf("making the transport of creates: %w", err)
	}
	return transport, nil
}
