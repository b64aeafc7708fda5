package apply

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// listLimit is the number of objects of one page. For each page the API server walks over all objects of the kind that follow it: small
// pages of 200,000 objects take it ten times as long as these. A page is decoded object by object, so that its size takes no memory.
const listLimit = 5000

// metadataListOnly has the API server answer with the metadata of the objects of a list.
const metadataListOnly = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

// ListMetadata calls visit with the metadata of each object of a kind that matches a label selector, in all namespaces, and endPage
// after each page. It reads no content. An object may be visited twice, and visit must not keep it. If the API server has compacted the
// version of the list meanwhile, ListMetadata goes on with the present one: objects that are created or deleted meanwhile may then be
// missing. Its error wraps ErrNotServed if the cluster does not serve the kind.
func (a *Applier) ListMetadata(ctx context.Context, kind schema.GroupVersionKind, selector string, visit func(live *metav1.PartialObjectMetadata), endPage func() error) error {
	mapping, err := a.resolver.Resolve(kind)
	if err != nil {
		return fmt.Errorf("listing %s: %w", kind.Kind, err)
	}
	for next := ""; ; {
		following, err := a.readPage(ctx, mapping.Resource, listQuery{labels: selector}, next, visit)
		if token := continueToken(err); token != "" {
			next = token
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

// continueToken returns the token with which a list goes on whose version is gone; empty if it cannot.
func continueToken(err error) string {
	var status apierrors.APIStatus
	if !apierrors.IsResourceExpired(err) || !errors.As(err, &status) {
		return ""
	}
	return status.Status().Continue
}

// listQuery selects the objects of a list.
type listQuery struct{ labels, name string }

// readPage visits the metadata of a page of objects in all namespaces, and returns the token of the next page, or "".
func (a *Applier) readPage(ctx context.Context, resource schema.GroupVersionResource, query listQuery, next string, visit func(*metav1.PartialObjectMetadata)) (following string, err error) {
	err = retryTransient(ctx, func() error {
		following, err = a.client.listMetadata(ctx, resource, query, next, visit)
		return err
	})
	return following, err
}

// listMetadata visits the metadata of a page of objects in all namespaces, and returns the token of the next page, or "".
func (c *client) listMetadata(ctx context.Context, resource schema.GroupVersionResource, query listQuery, next string, visit func(*metav1.PartialObjectMetadata)) (string, error) {
	request := c.rest.Get().AbsPath(place{resource: resource}.clusterPath()...).MaxRetries(0).SetHeader("Accept", metadataListOnly).
		Param("limit", fmt.Sprint(listLimit))
	if query.labels != "" {
		request = request.Param("labelSelector", query.labels)
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
	following, err := decodeList(json.NewDecoder(answer), visit)
	if err != nil {
		return "", fmt.Errorf("reading the API server's answer: %w", err)
	}
	return following, nil
}

// errNoList is the error of an answer that is no list.
var errNoList = errors.New("it is no list")

// decodeList visits the items of a list, one at a time, and returns the token of its next page.
func decodeList(decoder *json.Decoder, visit func(*metav1.PartialObjectMetadata)) (following string, err error) {
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
			err = decodeItems(decoder, visit)
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

func decodeItems(decoder *json.Decoder, visit func(*metav1.PartialObjectMetadata)) error {
	opening, err := decoder.Token()
	switch {
	case err != nil || opening == nil: // null: no items
		return err
	case opening != json.Delim('['):
		return errNoList
	}
	for decoder.More() {
		live := &metav1.PartialObjectMetadata{}
		if err := decoder.Decode(live); err != nil {
			return err
		}
		visit(live)
	}
	_, err = decoder.Token()
	return err
}
