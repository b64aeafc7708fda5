package authorization

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// MemoryName is the name of the Secret, in Seedbed's own namespace, that remembers the policies.
const MemoryName = "seedbed-authorization"

// memoryKey is the key of the Secret's content.
const memoryKey = "policies.json"

// memory is the state that survives a change of the leader.
type memory struct {
	// Policies are the identities last seen in force.
	Policies []identity `json:"policies"`
	// Since is the time of their creation or, if a spec was changed afterwards, the time when the change was seen.
	Since time.Time `json:"since"`
	// Marked reports whether all older namespaces are marked.
	Marked bool `json:"marked"`
	// Refused has the digests of the annotations of namespaces whose mark the API server refuses for good, for example because
	// their annotations leave no room: they are not authorized either.
	Refused map[types.UID]string `json:"refused,omitempty"`
	// Reviewed has the Baselines that were reviewed: by these policies, or by earlier ones and not changed since.
	Reviewed revisions `json:"reviewedBaselines,omitempty"`
	// Listed reports whether all older Baselines were listed once the policies were settled.
	Listed bool `json:"listed"`
	// Unreviewed has the older Baselines that were listed then, were not reviewed and have not changed since.
	Unreviewed revisions `json:"unreviewedBaselines,omitempty"`
}

// Bounds of the memory, so that it fits its Secret.
const (
	maxRefused   = 5000
	maxBaselines = 3000 // of each list
)

// withinBounds returns the memory as it is stored. The next leader trusts the part that does not fit less, never more.
func (m memory) withinBounds() memory {
	m.Reviewed = m.Reviewed.withinBounds(maxBaselines)
	if len(m.Unreviewed) > maxBaselines {
		m.Listed, m.Unreviewed = false, nil
	}
	return m
}

// memories reads and writes the memory in its Secret. It is for one goroutine.
type memories struct {
	client    kubernetes.Interface
	namespace string
	// stored is the content of the Secret when it was last read or written.
	stored []byte
}

// readMemory returns the memory. It is empty if there is none or it does not parse: then all older namespaces are marked
// again, and older Baselines count as not reviewed.
func (m *memories) readMemory(ctx context.Context) (memory, error) {
	m.stored = nil
	secret, err := m.client.CoreV1().Secrets(m.namespace).Get(ctx, MemoryName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return memory{}, nil
	}
	if err != nil {
		return memory{}, fmt.Errorf("reading Secret %s/%s: %w", m.namespace, MemoryName, err)
	}
	var remembered memory
	if err := json.Unmarshal(secret.Data[memoryKey], &remembered); err != nil {
		return memory{}, nil //nolint:nilerr // an empty memory is the safe answer
	}
	m.stored = secret.Data[memoryKey]
	return remembered, nil
}

// writeMemory stores the memory, unless it is stored already.
func (m *memories) writeMemory(ctx context.Context, remembered memory) error {
	encoded, err := json.Marshal(remembered.withinBounds())
	if err != nil {
		return fmt.Errorf("encoding Secret %s/%s: %w", m.namespace, MemoryName, err)
	}
	if bytes.Equal(encoded, m.stored) {
		return nil
	}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: m.namespace, Name: MemoryName, Labels: map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBySeedbed},
		},
		Data: map[string][]byte{memoryKey: encoded},
	}
	secrets := m.client.CoreV1().Secrets(m.namespace)
	_, err = secrets.Update(ctx, secret, metav1.UpdateOptions{FieldManager: v1alpha1.FieldManager})
	if apierrors.IsNotFound(err) {
		_, err = secrets.Create(ctx, secret, metav1.CreateOptions{FieldManager: v1alpha1.FieldManager})
	}
	if err != nil {
		return fmt.Errorf("writing Secret %s/%s: %w", m.namespace, MemoryName, err)
	}
	m.stored = encoded
	return nil
}
