package apply

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/client-go/tools/metrics"
)

// create posts an object and returns the new object's UID. It is the one call that every object of every namespace
// costs, so it is made on client-go's transports without its request builder, which works out for each, at a third of the
// time that a create takes the controller, what is the same for all of them. Nor is the answer decoded: that took a
// twentieth, most of it over managedFields.
func (c *client) create(ctx context.Context, at place, body []byte, strict bool) (types.UID, error) {
	status, header, answer, err := c.post(ctx, at, body, strict)
	if err != nil {
		metrics.RequestResult.Increment(ctx, "<error>", http.MethodPost, c.base.Host)
		return "", err
	}
	metrics.RequestResult.Increment(ctx, strconv.Itoa(status), http.MethodPost, c.base.Host)
	if status < http.StatusOK || status > http.StatusPartialContent {
		return "", refusal(at, status, header, answer)
	}
	uid := gjson.GetBytes(answer, "metadata.uid").String()
	if uid == "" {
		return "", fmt.Errorf("the API server's answer %d names no UID", status)
	}
	return types.UID(uid), nil
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
	request.Header = c.header
	response, err := c.creates.RoundTrip(request)
	if err != nil {
		return 0, nil, nil, &url.Error{Op: "Post", URL: target.String(), Err: err} // as http.Client has it, and those who tell errors apart know it
	}
	defer func() { _ = response.Body.Close() }()
	whole := bytes.NewBuffer(make([]byte, 0, usualAnswer))
	if _, err := whole.ReadFrom(response.Body); err != nil {
		return 0, nil, nil, &url.Error{Op: "Post", URL: target.String(), Err: err}
	}
	return response.StatusCode, response.Header, whole.Bytes(), nil
}

// usualAnswer is room, in bytes, for an object's metadata and for finding that nothing follows.
const usualAnswer = 2048

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
