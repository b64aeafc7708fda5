package records

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/apierr"
	"seedbed.dev/seedbed/pkg/internal/kube"
	"seedbed.dev/seedbed/pkg/seal"
)

// Sealer seals records and verifies seals; pkg/seal implements it.
type Sealer interface {
	Seal(record *v1alpha1.BaselineRecord) error
	// SealUpdate seals a record whose result is not at hand, given the digest of that.
	SealUpdate(record *v1alpha1.BaselineRecord, result seal.ResultDigest) error
	Verify(record *v1alpha1.BaselineRecord) seal.Verdict
	LostKeys
}

// LostKeys reports the loss of keys.
type LostKeys interface {
	// LostSince returns the time at which the keys of earlier records were found to be lost, or zero.
	LostSince() time.Time
}

// Store reads and writes the records of namespaces. It is the only code that writes BaselineRecords.
type Store struct {
	Client client.Client
	// Live reads past the cache.
	Live   client.Reader
	Sealer Sealer
}

// ErrDeleted reports that the record was deleted while its restore was retried, which asks for all of the restore again.
var ErrDeleted = errors.New("the record was deleted meanwhile")

// IsOwnedBy reports whether a record's owner reference names this namespace. The seal covers that reference.
func IsOwnedBy(record *v1alpha1.BaselineRecord, namespace types.UID) bool {
	return record.NamespaceUID() == namespace
}

// Read returns the namespace's own record of a baseline, whole and past the cache. It returns nil if there is none or if it
// proves nothing.
func (s *Store) Read(ctx context.Context, namespace *corev1.Namespace, baseline string) (*v1alpha1.BaselineRecord, error) {
	record, err := s.getLive(ctx, namespace.Name, baseline)
	if err != nil || record == nil || !s.isGenuine(record, namespace.UID) {
		return nil, err
	}
	return record, nil
}

// getLive returns the record of a baseline past the cache, or nil. Another writer may have made it.
func (s *Store) getLive(ctx context.Context, namespace, baseline string) (*v1alpha1.BaselineRecord, error) {
	record := &v1alpha1.BaselineRecord{}
	err := s.Live.Get(ctx, types.NamespacedName{Namespace: namespace, Name: baseline}, record)
	if apierr.IsObjectNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the record %s of namespace %s: %w", baseline, namespace, err)
	}
	return record, nil
}

// isGenuine reports whether a whole record is this namespace's, has a good seal and is not being deleted.
func (s *Store) isGenuine(record *v1alpha1.BaselineRecord, namespace types.UID) bool {
	return record.DeletionTimestamp == nil && IsOwnedBy(record, namespace) && s.Sealer.Verify(record) == seal.Good
}

// Content is the content of a record, except for its seal.
type Content struct {
	Revision v1alpha1.RevisionContent
	Result   *v1alpha1.RestoreResult
	Update   *v1alpha1.RestoreUpdate
	Drift    *v1alpha1.RecordedDrift
}

// ContentOf returns the content of a whole record.
func ContentOf(record *v1alpha1.BaselineRecord) Content {
	return Content{Revision: record.Revision, Result: &record.Result, Update: record.Update, Drift: record.Drift}
}

// Write stores a content. previous is the whole record of the attempts before, or nil for a first attempt. If another attempt was
// recorded first, Write returns that record and writes nothing. Its errors wrap ErrDeleted or ErrAltered; IsNamespaceMissing and
// IsRefusal classify the others.
func (s *Store) Write(ctx context.Context, namespace *corev1.Namespace, baseline string, previous *v1alpha1.BaselineRecord, content Content) (*v1alpha1.BaselineRecord, error) {
	w := &recordWrite{Store: s, namespace: namespace, baseline: baseline, content: content, resumed: previous != nil, existing: previous}
	var last error
	err := wait.ExponentialBackoffWithContext(ctx, kube.WriteRetries, func(ctx context.Context) (bool, error) {
		if last = w.writeOnce(ctx); last == nil {
			return true, nil
		}
		return !apierr.IsTransient(last) && !errors.Is(last, errRetryWrite), nil
	})
	if last == nil {
		last = err
	}
	return w.written, last
}

// errRetryWrite reports that the write failed because of another record, which has been read by now.
var errRetryWrite = errors.New("another record exists in its place")

// recordWrite is the write of one content into one record.
type recordWrite struct {
	*Store
	namespace *corev1.Namespace
	baseline  string
	content   Content
	// resumed is set if the content continues the attempts of a record. If that record is deleted, all of the restore is asked for
	// again.
	resumed bool
	// existing is the record to be replaced, as last read; nil creates one.
	existing *v1alpha1.BaselineRecord
	// written is the record as the API server returned it.
	written *v1alpha1.BaselineRecord
}

func (w *recordWrite) writeOnce(ctx context.Context) error {
	if w.existing == nil {
		return w.createRecord(ctx)
	}
	return w.replaceRecord(ctx)
}

func (w *recordWrite) createRecord(ctx context.Context) error {
	record, err := w.sealContent(nil)
	if err != nil {
		return err
	}
	err = w.Client.Create(ctx, record, client.FieldOwner(v1alpha1.FieldManager))
	switch {
	case err == nil:
		return w.acceptStored(record)
	case apierrors.IsAlreadyExists(err):
		return w.replaceForeignRecord(ctx)
	default:
		return fmt.Errorf("creating record %s in namespace %s: %w", w.baseline, w.namespace.Name, err)
	}
}

func (w *recordWrite) replaceRecord(ctx context.Context) error {
	record, err := w.sealContent(w.existing)
	if err != nil {
		return err
	}
	err = w.Client.Update(ctx, record, client.FieldOwner(v1alpha1.FieldManager))
	switch {
	case err == nil:
		return w.acceptStored(record)
	case apierr.IsObjectNotFound(err):
		return w.retryAfterDeletion()
	case apierrors.IsConflict(err):
		return w.replaceForeignRecord(ctx)
	default:
		return fmt.Errorf("replacing record %s of namespace %s: %w", w.baseline, w.namespace.Name, err)
	}
}

// acceptStored verifies the record that the API server returned. A record that a CRD of another version or a webhook changed
// proves nothing, and its restore would be repeated forever.
func (w *recordWrite) acceptStored(record *v1alpha1.BaselineRecord) error {
	if record.DeletionTimestamp != nil { // a finalizer delays the deletion
		return w.retryAfterDeletion()
	}
	if !w.isGenuine(record, w.namespace.UID) {
		return fmt.Errorf("record %s of namespace %s: %w: install the CRDs of the controller's version, and let no webhook change records", record.Name, record.Namespace, ErrAltered)
	}
	w.written = record
	return nil
}

// replaceForeignRecord reads the record that exists in place of this one. It returns another attempt's record as the result, and
// prepares to replace any other.
func (w *recordWrite) replaceForeignRecord(ctx context.Context) error {
	record, err := w.getLive(ctx, w.namespace.Name, w.baseline)
	switch {
	case err != nil:
		return err
	case record == nil:
		return w.retryAfterDeletion()
	case record.DeletionTimestamp != nil:
		if err := w.removeFinalizers(ctx, record); err != nil {
			return err
		}
		return w.retryAfterDeletion()
	case w.isGenuine(record, w.namespace.UID) && (w.existing == nil || record.Generation > w.existing.Generation):
		w.written = record
		return nil
	}
	if !w.isGenuine(record, w.namespace.UID) {
		log.FromContext(ctx).Info("Replaced a record that proves nothing", "namespace", record.Namespace, "record", record.Name)
		w.stripMetadata(record)
	}
	w.existing = record
	return errRetryWrite
}

// retryAfterDeletion returns the error of a write whose record is gone: a first result is created, a later one is void.
func (w *recordWrite) retryAfterDeletion() error {
	w.existing = nil
	if w.resumed {
		return fmt.Errorf("replacing record %s of namespace %s: %w", w.baseline, w.namespace.Name, ErrDeleted)
	}
	return errRetryWrite
}

// stripMetadata removes the metadata that another writer added to a record that proves nothing.
func (w *recordWrite) stripMetadata(record *v1alpha1.BaselineRecord) {
	record.Labels, record.Annotations, record.Finalizers, record.Runs = nil, nil, nil, nil
}

// removeFinalizers removes the finalizers of a record that is being deleted, because they would keep the restore from being
// recorded.
func (s *Store) removeFinalizers(ctx context.Context, record *v1alpha1.BaselineRecord) error {
	if len(record.Finalizers) == 0 {
		return nil
	}
	released := record.DeepCopy()
	released.Finalizers = nil
	err := s.Client.Update(ctx, released, client.FieldOwner(v1alpha1.FieldManager))
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return fmt.Errorf("removing the finalizers of record %s/%s: %w", record.Namespace, record.Name, err)
	}
	return nil
}

// sealContent returns the sealed record with the content. It keeps the metadata of an existing record, which others may have
// changed.
func (w *recordWrite) sealContent(existing *v1alpha1.BaselineRecord) (*v1alpha1.BaselineRecord, error) {
	record := &v1alpha1.BaselineRecord{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace.Name, Name: w.baseline}}
	if existing != nil {
		record.ObjectMeta = *existing.ObjectMeta.DeepCopy()
		record.ManagedFields = nil // an update without them does not change them
		record.Runs = nextRuns(existing, w.content.Revision)
	}
	if record.Labels == nil {
		record.Labels = map[string]string{}
	}
	record.Labels[v1alpha1.LabelExcludeFromBackup] = "true"
	record.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Namespace", Name: w.namespace.Name, UID: w.namespace.UID}}
	record.Revision, record.Result, record.Update, record.Drift = w.content.Revision, *w.content.Result, w.content.Update, w.content.Drift
	if err := w.Sealer.Seal(record); err != nil {
		return nil, err
	}
	return record, nil
}

// Delete removes a record that was written into another namespace of the same name.
func (s *Store) Delete(ctx context.Context, record *v1alpha1.BaselineRecord) error {
	return kube.Delete(ctx, s.Client, record)
}

// ErrAltered reports that the API server stored another record than it was sent.
var ErrAltered = errors.New("the stored record differs from the sealed one")

// IsRefusal reports whether the API server refused a record, for example by a quota or a policy, or stored it changed.
func IsRefusal(err error) bool {
	var status apierrors.APIStatus
	switch {
	case errors.Is(err, ErrAltered):
		return true
	case !errors.As(err, &status), apierr.IsTransient(err), apierrors.IsNotFound(err), apierrors.IsConflict(err):
		return false
	default:
		code := status.Status().Code
		return code >= http.StatusBadRequest && code < http.StatusInternalServerError
	}
}

// IsNamespaceMissing reports whether an error may mean that the namespace is gone or being deleted. It may also come from a
// webhook, or from a path that the API server does not serve.
func IsNamespaceMissing(err error) bool {
	return apierrors.IsNotFound(err) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause)
}
