package apply

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// listLimit is the number of objects of one page.
const listLimit = 500

// metadataList is a page of metadata.
type metadataList struct {
	metav1.ListMeta `json:"metadata"`
	Items           []metav1.PartialObjectMetadata `json:"items"`
}

// metadataListOnly has the API server answer with the metadata of the objects of a list.
const metadataListOnly = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

// ListMetadata calls visit with the metadata of the objects of a kind that match a label selector, in all namespaces, page by page. It
// reads no content. If the API server has compacted the version of the list meanwhile, it goes on with the present one: objects that
// are created or deleted during the list may then be missing or twice. Its error wraps ErrNotServed if the cluster does not serve the
// kind.
func (a *Applier) ListMetadata(ctx context.Context, kind schema.GroupVersionKind, selector string, visit func(page []metav1.PartialObjectMetadata) error) error {
	mapping, err := a.resolver.Resolve(kind)
	if err != nil {
		return fmt.Errorf("listing %s: %w", kind.Kind, err)
	}
	for next := ""; ; {
		page, err := a.readPage(ctx, mapping.Resource, listQuery{labels: selector}, next)
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
		if err := visit(page.Items); err != nil {
			return err
		}
		if next = page.Continue; next == "" {
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

// readPage reads a page of metadata in all namespaces.
func (a *Applier) readPage(ctx context.Context, resource schema.GroupVersionResource, query listQuery, next string) (*metadataList, error) {
	page := &metadataList{}
	err := retryTransient(ctx, func() error {
		*page = metadataList{}
		return a.client.listMetadata(ctx, resource, query, next, page)
	})
	return page, err
}

// listMetadata reads a page of metadata in all namespaces.
func (c *client) listMetadata(ctx context.Context, resource schema.GroupVersionResource, query listQuery, next string, into *metadataList) error {
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
	return decodeAnswer(request.Do(ctx), into)
}
