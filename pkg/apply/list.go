package apply

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// errNoList is the error of an answer that is no list.
var errNoList = errors.New("it is no list")

// listLimit is the number of objects of one page. For each page the API server walks over all objects of the kind that follow it: small
// pages of 200,000 objects take it ten times as long as these. A page is decoded object by object, so that its size takes no memory.
const listLimit = 5000

// metadataListOnly has the API server answer with the metadata of the objects of a list.
const metadataListOnly = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

// ListQuery selects the objects of a list.
type ListQuery struct {
	// Labels is a label selector.
	Labels string
	// Content lists whole objects, and not only their metadata. Size is the size in bytes that is expected of one.
	Content bool
	Size    int

	name string
	// limit is the number of objects of a page.
	limit int
}

// maxContentPage and maxContents bound the expected bytes and the objects of a page with content: API servers before 1.33 encode a page
// as a whole. minPage is the number of objects of the smallest page.
const (
	maxContentPage = 16 << 20
	maxContents    = 1000
	minPage        = 16
)

// firstLimit returns the number of objects of the first page.
func (q ListQuery) firstLimit() int {
	if !q.Content {
		return listLimit
	}
	return min(maxContents, max(minPage, maxContentPage/max(1, q.Size)))
}

// Visit takes an object that a list has. content is its JSON, nil unless the query asks for it; that of a built-in kind lacks
// apiVersion and kind. Visit must keep neither.
type Visit func(live *metav1.PartialObjectMetadata, content []byte)

// List calls visit for each object of a kind that a query selects, in all namespaces, and endPage after each page. An object may be
// visited twice. A page that takes too long is asked for again, with fewer objects. If the API server has compacted the version of the
// list meanwhile, List goes on with the present one: objects that are created or deleted meanwhile may then be missing. Its error wraps
// ErrNotServed if the cluster does not serve the kind.
func (a *Applier) List(ctx context.Context, kind schema.GroupVersionKind, query ListQuery, visit Visit, endPage func() error) error {
	mapping, err := a.resolver.Resolve(kind)
	if err != nil {
		return fmt.Errorf("listing %s: %w", kind.Kind, err)
	}
	query.limit = query.firstLimit()
	for next := ""; ; {
		following, err := a.readPage(ctx, mapping.Resource, query, next, visit)
		if token := continueToken(err); token != "" {
			next = token
			continue
		}
		if isTimeout(err) && ctx.Err() == nil && query.limit > minPage { // others have made larger objects than expected
			query.limit = max(minPage, query.limit/4)
			continue
		}
		if isUnknownPath(err) {
			a.resolver.Forget(kind)
			err = fmt.Errorf("%w: %w", ErrNotServed, err)
		}
		if err != nil {
			return fmt.Errorf("listing %s in all namespaces: %w", mapping.Resource.GroupResource(), err)
		}
		if err := endPage(); err != nil {
			return err
		}
		if next = following; next == "" {
			return nil
		}
	}
}

// isTimeout reports whether an answer did not come, or did not end, in time.
func isTimeout(err error) bool {
	var network net.Error
	return errors.As(err, &network) && network.Timeout()
}

// continueToken returns the token with which a list goes on whose version is gone; empty if it cannot.
func continueToken(err error) string {
	var status apierrors.APIStatus
	if !apierrors.IsResourceExpired(err) || !errors.As(err, &status) {
		return ""
	}
	return status.Status().Continue
}

// readPage visits a page of objects in all namespaces, and returns the token of the next page, or "". It retries transient errors, but not
// a timeout: the same page would take as long again.
func (a *Applier) readPage(ctx context.Context, resource schema.GroupVersionResource, query ListQuery, next string, visit Visit) (following string, err error) {
	var slow error
	err = retryTransient(ctx, func() error {
		following, err = a.client.list(ctx, resource, query, next, visit)
		if isTimeout(err) {
			slow = err
			return nil
		}
		return err
	})
	return following, cmp.Or(slow, err)
}

// list visits a page of objects in all namespaces, and returns the token of the next page, or "".
func (c *client) list(ctx context.Context, resource schema.GroupVersionResource, query ListQuery, next string, visit Visit) (string, error) {
	request := c.rest.Get().AbsPath(place{resource: resource}.clusterPath()...).MaxRetries(0).Param("limit", fmt.Sprint(query.limit))
	if !query.Content {
		request = request.SetHeader("Accept", metadataListOnly)
	}
	if query.Labels != "" {
		request = request.Param("labelSelector", query.Labels)
	}
	if query.name != "" {
		request = request.Param("fieldSelector", "metadata.name="+query.name)
	}
	if next != "" {
		request = request.Param("continue", next)
	}
	answer, err := request.Stream(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Close() }()
	following, err := decodeList(json.NewDecoder(answer), query.newItemDecoder(visit))
	if err != nil {
		return "", fmt.Errorf("reading the API server's answer: %w", err)
	}
	return following, nil
}

// newItemDecoder returns the function that decodes the next item of a list and visits it.
func (q ListQuery) newItemDecoder(visit Visit) func(decoder *json.Decoder) error {
	if !q.Content {
		return func(decoder *json.Decoder) error {
			live := &metav1.PartialObjectMetadata{}
			if err := decoder.Decode(live); err != nil {
				return err
			}
			visit(live, nil)
			return nil
		}
	}
	var content json.RawMessage // whose memory the next item takes
	return func(decoder *json.Decoder) error {
		if err := decoder.Decode(&content); err != nil {
			return err
		}
		live := &metav1.PartialObjectMetadata{}
		if err := json.Unmarshal(content, live); err != nil {
			return err
		}
		visit(live, content)
		return nil
	}
}

// decodeList decodes the items of a list, one at a time, and returns the token of its next page.
func decodeList(decoder *json.Decoder, decodeItem func(*json.Decoder) error) (following string, err error) {
	if opening, err := decoder.Token(); err != nil || opening != json.Delim('{') {
		return "", errors.Join(errNoList, err)
	}
	for decoder.More() {
		field, err := decoder.Token()
		if err != nil {
			return "", err
		}
		switch field {
		case "items":
			err = decodeItems(decoder, decodeItem)
		case "metadata":
			var meta metav1.ListMeta
			err = decoder.Decode(&meta)
			following = meta.Continue
		default:
			var other json.RawMessage
			err = decoder.Decode(&other)
		}
		if err != nil {
			return "", err
		}
	}
	_, err = decoder.Token() // without the closing brace, the answer was cut
	return following, err
}

func decodeItems(decoder *json.Decoder, decodeItem func(*json.Decoder) error) error {
	opening, err := decoder.Token()
	switch {
	case err != nil || opening == nil: // null: no items
		return err
	case opening != json.Delim('['):
		return errNoList
	}
	for decoder.More() {
		if err := decodeItem(decoder); err != nil {
			return err
		}
	}
	_, err = decoder.Token()
	return err
}
