package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/pager"
)

// metadataOnly asks for a list without the objects' content: the chunks of one backup may be many megabytes.
const metadataOnly = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

// cleanupTimeout bounds what is removed after the fact, when the caller's context may be at its end already.
const cleanupTimeout = 10 * time.Second

// Secrets is the Store in Secrets of one namespace. It needs get, list, create, update and delete on them there.
type Secrets struct {
	client    corev1client.CoreV1Interface
	namespace string
}

var _ Store = (*Secrets)(nil)

// NewSecrets keeps content in Secrets of namespace, which is Seedbed's own.
func NewSecrets(client kubernetes.Interface, namespace string) *Secrets {
	return &Secrets{client: client.CoreV1(), namespace: namespace}
}

// storedIndex is an index and the version of the Secret that it was read from.
type storedIndex struct {
	index
	resourceVersion string
}

// index reads the index of a name. With ErrCorrupt the resourceVersion is that of the damaged Secret.
func (s *Secrets) index(ctx context.Context, name string) (storedIndex, error) {
	secret, err := s.client.Secrets(s.namespace).Get(ctx, indexName(name), metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return storedIndex{}, ErrNotFound
	}
	if err != nil {
		return storedIndex{}, fmt.Errorf("get index Secret %s/%s: %w", s.namespace, indexName(name), err)
	}
	decoded, err := decodeIndex(secret)
	return storedIndex{index: decoded, resourceVersion: secret.ResourceVersion}, err
}

// deleteSecret removes one Secret; that it is gone already is as good.
func (s *Secrets) deleteSecret(ctx context.Context, name string, options metav1.DeleteOptions) error {
	err := s.client.Secrets(s.namespace).Delete(ctx, name, options)
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("delete Secret %s/%s: %w", s.namespace, name, err)
	}
	return nil
}

// deleteChunks removes the chunks that an index lists.
func (s *Secrets) deleteChunks(ctx context.Context, i index) error {
	var failed []error
	for _, c := range i.Chunks {
		failed = append(failed, s.deleteSecret(ctx, c.Secret, metav1.DeleteOptions{}))
	}
	return errors.Join(failed...)
}

// chunkMetadata lists chunk Secrets without their content.
func (s *Secrets) chunkMetadata(ctx context.Context, selector labels.Set) ([]metav1.PartialObjectMetadata, error) {
	page := func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		options.LabelSelector = selector.String()
		result := s.client.RESTClient().Get().
			Namespace(s.namespace).
			Resource("secrets").
			SetHeader("Accept", metadataOnly).
			VersionedParams(&options, scheme.ParameterCodec).
			Do(ctx)
		// Raw alone would not tell the pager that a list has expired.
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
	list, _, err := pager.New(page).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list chunk Secrets in %s: %w", s.namespace, err)
	}
	var found []metav1.PartialObjectMetadata
	err = meta.EachListItem(list, func(object runtime.Object) error {
		found = append(found, *object.(*metav1.PartialObjectMetadata))
		return nil
	})
	return found, err
}
