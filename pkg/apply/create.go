package apply

import (
	"bytes"
	"context"
	"errors"
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
	answer, err := c.send(ctx, call{method: http.MethodPost, at: at, header: c.header, query: c.writeQuery(strict), body: body})
	if err != nil {
		return "", err
	}
	uid := gjson.GetBytes(answer, "metadata.uid").String()
	if uid == "" {
		return "", errors.New("the API server's answer names no UID")
	}
	return types.UID(uid), nil
}

// call is a request without the request builder of client-go.
type call struct {
	method string
	at     place
	// name is empty for the collection itself.
	name   []string
	header http.Header
	query  string
	body   []byte
}

// send returns the API server's answer to a call, or the error that it answered with.
func (c *client) send(ctx context.Context, what call) ([]byte, error) {
	status, header, answer, err := c.roundTrip(ctx, what)
	if err != nil {
		metrics.RequestResult.Increment(ctx, "<error>", what.method, c.base.Host)
		return nil, err
	}
	metrics.RequestResult.Increment(ctx, strconv.Itoa(status), what.method, c.base.Host)
	if status < http.StatusOK || status > http.StatusPartialContent {
		return nil, refusalError(what, status, header, answer)
	}
	return answer, nil
}

func (c *client) roundTrip(ctx context.Context, what call) (status int, header http.Header, answer []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	target := url.URL{Scheme: c.base.Scheme, Host: c.base.Host, RawQuery: what.query}
	target.Path = strings.TrimSuffix(c.base.Path, "/") + strings.Join(what.at.pathSegments(what.name...), "/")
	request, err := http.NewRequestWithContext(ctx, what.method, "", bytes.NewReader(what.body))
	if err != nil {
		return 0, nil, nil, err
	}
	request.URL, request.Host = &target, target.Host
	request.Header = what.header
	failed := func(err error) error { // the type that http.Client returns, which callers classify
		return &url.Error{Op: what.method[:1] + strings.ToLower(what.method[1:]), URL: target.String(), Err: err}
	}
	response, err := c.creates.RoundTrip(request)
	if err != nil {
		return 0, nil, nil, failed(err)
	}
	defer func() { _ = response.Body.Close() }()
	whole := bytes.NewBuffer(make([]byte, 0, usualAnswer))
	if _, err := whole.ReadFrom(response.Body); err != nil {
		return 0, nil, nil, failed(err)
	}
	return response.StatusCode, response.Header, whole.Bytes(), nil
}

// usualAnswer is the size in bytes of most answers: an object's metadata, and room to read the end of the body.
const usualAnswer = 2048

// writeQuery returns the options of a create or a patch. The API server ends a request that exceeds the timeout.
func (c *client) writeQuery(strict bool) string {
	query := "fieldManager=" + url.QueryEscape(c.fieldManager) + "&fieldValidation=" + fieldValidation(strict) + "&timeout=" + callTimeout.String()
	if c.dry {
		query += "&dryRun=" + metav1.DryRunAll
	}
	return query
}

// refusalError returns the error of an answer: its Status or, if something in front of the API server answered (its load limits, a
// proxy), an error for the code.
func refusalError(what call, code int, header http.Header, answer []byte) error {
	status := apierrors.StatusError{}
	if err := json.Unmarshal(answer, &status.ErrStatus); err == nil && status.ErrStatus.Kind == "Status" && status.ErrStatus.Status == metav1.StatusFailure {
		return &status
	}
	wait, _ := strconv.Atoi(header.Get("Retry-After")) // zero unless it is a number of seconds
	text := strings.TrimSpace(string(answer[:min(len(answer), maxRefusal)]))
	return apierrors.NewGenericServerResponse(code, what.method, what.at.resource.GroupResource(), "", text, wait, true)
}

// maxRefusal bounds the text of an answer without a Status, in bytes.
const maxRefusal = 2048

// newCreateTransport returns the transport of creates and patches. It shares no connection with other requests: an API server takes 100 at a
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
