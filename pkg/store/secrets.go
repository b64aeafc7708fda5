package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
)

// metadataOnly requests a list without the objects' content: the chunks of one backup may be many megabytes.
const metadataOnly = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

// cleanupTimeout bounds a cleanup, which runs even if the caller's context has ended.
const cleanupTimeout = 10 * time.Second

// Secrets implements Store with Secrets of one namespace. It needs get, list, create, update and delete on them
// there.
type Secrets struct {
	client    corev1client.CoreV1Interface
	namespace string
}

var _ Store = (*Secrets)(nil)

// NewSecrets returns a store in the Secrets of namespace, which is Seedbed's own.
func NewSecrets(client kubernetes.Interface, namespace string) *Secrets {
	return &Secrets{client: client.CoreV1(), namespace: namespace}
}

// storedIndex is an index and the resourceVersion of its Secret.
type storedIndex struct {
	index
	resourceVersion string
}

// readIndex returns the index of a name. With ErrCorrupt it returns the damaged Secret's resourceVersion.
func (s *Secrets) readIndex(ctx context.Context, name string) (storedIndex, error) {
	secret, err := s.client.Secrets(s.namespace).Get(ctx, indexName(name), metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return storedIndex{}, ErrNotFound
	}
	if err != nil {
		return storedIndex{}, fmt.Errorf("reading index Secret %s/%s: %w", s.namespace, indexName(name), err)
	}
	decoded, err := decodeIndex(secret)
	return storedIndex{index: decoded, resourceVersion: secret.ResourceVersion}, err
}

// deleteSecret removes one Secret, and succeeds if it is gone already.
func (s *Secrets) deleteSecret(ctx context.Context, name string, options metav1.DeleteOptions) error {
	err := s.client.Secrets(s.namespace).Delete(ctx, name, options)
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("deleting Secret %s/%s: %w", s.namespace, name, err)
	}
	return nil
}

// listChunks returns the metadata of chunk Secrets.
func (s *Secrets) listChunks(ctx context.Context, selector labels.Set) ([]*metav1.PartialObjectMetadata, error) {
	page := func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		options.LabelSelector = selector.String()
		result := s.client.RESTClient().Get().
			Namespace(s.namespace).
			Resource("secrets").
			SetHeader("Accept", metadataOnly).
			VersionedParams(&options, scheme.ParameterCodec).
			Do(ctx)
		// Only Error returns a typed error, by which the pager recognises an expired list.
		if err := result.Error(); err != nil {
			return nil, err
		}
		body, err := result.Raw()
		if err != nil {
			return nil, err
		}
		list := &metav1.PartialObjectMetadataList{}
		return list, json.Unmarshal(body, list)
	}
	chunks, err := listAll[*metav1.PartialObjectMetadata](ctx, page)
	if err != nil {
		return nil, fmt.Errorf("listing chunk Secrets in %s: %w", s.namespace, err)
	}
	return chunks, nil
}
