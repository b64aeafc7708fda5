package apply

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/client-go/tools/metrics"
)

// made is what is read of an answer to a create. Reading all of the metadata, managedFields above all, takes
// twice the time and four times the memory.
type made struct {
	Metadata struct {
		Name string    `json:"name"`
		UID  types.UID `json:"uid"`
	} `json:"metadata"`
}

// create posts an object and returns the new object's identity. It is the one call that every object of every namespace
// costs, so it is made on client-go's transports without its request builder, which works out for each, at a third of the
// time that a create takes the controller, what is the same for all of them.
func (c *client) create(ctx context.Context, at place, body []byte, strict bool) (*reference, error) {
	status, header, answer, err := c.post(ctx, at, body, strict)
	if err != nil {
		metrics.RequestResult.Increment(ctx, "<error>", http.MethodPost, c.base.Host)
		return nil, err
	}
	metrics.RequestResult.Increment(ctx, strconv.Itoa(status), http.MethodPost, c.base.Host)
	if status < http.StatusOK || status > http.StatusPartialContent {
		return nil, refusal(at, status, header, answer)
	}
	var object made
	if err := json.Unmarshal(answer, &object); err != nil {
		return nil, fmt.Errorf("reading the API server's answer: %w", err)
	}
	return &reference{name: object.Metadata.Name, uid: object.Metadata.UID}, nil
}

func (c *client) post(ctx context.Context, at place, body []byte, strict bool) (status int, header http.Header, answer []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	target := url.URL{Scheme: c.base.Scheme, Host: c.base.Host, RawQuery: c.query(strict)}
	target.Path = strings.TrimSuffix(c.base.Path, "/") + strings.Join(at.segments(), "/")
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "", bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	request.URL, request.Host = &target, target.Host
	request.Header = http.Header{"Accept": {metadataOnly}, "Content-Type": {"application/json"}}
	response, err := c.connections.RoundTrip(request)
	if err != nil {
		return 0, nil, nil, &url.Error{Op: "Post", URL: target.String(), Err: err} // as http.Client has it, and those who tell errors apart know it
	}
	defer func() { _ = response.Body.Close() }()
	if answer, err = io.ReadAll(response.Body); err != nil {
		return 0, nil, nil, &url.Error{Op: "Post", URL: target.String(), Err: err}
	}
	return response.StatusCode, response.Header, answer, nil
}

// query has the options of a create. The API server ends what it cannot answer in time.
func (c *client) query(strict bool) string {
	query := "fieldManager=" + url.QueryEscape(c.fieldManager) + "&fieldValidation=" + validation(strict) + "&timeout=" + callTimeout.String()
	if c.dry {
		query += "&dryRun=" + metav1.DryRunAll
	}
	return query
}

// refusal is the error that the API server's answer stands for: the Status that it sent, or, where something before it
// answered in words of its own (its limits on load, a proxy), what the code says.
func refusal(at place, code int, header http.Header, answer []byte) error {
	status := apierrors.StatusError{}
	if err := json.Unmarshal(answer, &status.ErrStatus); err == nil && status.ErrStatus.Kind == "Status" && status.ErrStatus.Status == metav1.StatusFailure {
		return &status
	}
	wait, _ := strconv.Atoi(header.Get("Retry-After")) // none where it is no number of seconds
	text := strings.TrimSpace(string(answer[:min(len(answer), maxRefusal)]))
	return apierrors.NewGenericServerResponse(code, http.MethodPost, at.resource.GroupResource(), "", text, wait, true)
}

// maxRefusal bounds what is kept of an answer that is no Status, in bytes.
const maxRefusal = 2048
