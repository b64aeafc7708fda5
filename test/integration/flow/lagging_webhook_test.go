package flow

import (
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Another webhook does not know a new namespace for a moment, and answers in one of the ways of such webhooks: every object
// is restored seconds later, and none was removed (findings S32).
func TestLaggingWebhookDelaysRestore(t *testing.T) {
	const lag = 1500 * time.Millisecond
	tests := map[string]func(namespace string) metav1.Status{
		"forbidden": func(namespace string) metav1.Status {
			return metav1.Status{Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden, Message: "namespace " + namespace + " is not known"}
		},
		"bad request": func(namespace string) metav1.Status {
			return metav1.Status{Code: http.StatusBadRequest, Reason: metav1.StatusReasonBadRequest, Message: "namespace " + namespace + " is not known"}
		},
		"internal error": func(namespace string) metav1.Status {
			return metav1.Status{Code: http.StatusInternalServerError, Reason: metav1.StatusReasonInternalError, Message: "namespace " + namespace + " is not known"}
		},
		"not found, as the API server says it": func(namespace string) metav1.Status {
			return apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, namespace).ErrStatus
		},
		"not found, as a cache says it": func(namespace string) metav1.Status {
			return apierrors.NewNotFound(schema.GroupResource{Resource: "Namespace"}, namespace).ErrStatus
		},
	}
	for name, answer := range tests {
		t.Run(name, func(t *testing.T) {
			e := sharedInstallation(t)
			baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a"), configMap("b"), configMap("c")), "configmaps").Name, nil)
			target := e.uniqueName("target")
			var since sync.Map
			var firstCreated atomic.Int32
			probe := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: "probe"}}
			e.reviewCreationsWith("configmaps", probe, func(request *admissionv1.AdmissionRequest) *metav1.Status {
				if request.Namespace == target && request.Name == "a" {
					firstCreated.Add(1)
					return nil
				}
				if request.Namespace != target || request.Name == "kube-root-ca.crt" {
					return nil
				}
				if began, _ := since.LoadOrStore(target, time.Now()); time.Since(began.(time.Time)) < lag {
					status := answer(request.Namespace)
					return &status
				}
				return nil
			})
			e.createObjects(annotatedNamespace(target, baseline.Name))
			e.awaitReady(target, corev1.ConditionTrue, v1alpha1.ReasonRestored)
			record := e.getRecord(target, baseline.Name)
			if counts := record.Result.Counts; counts.Created != 3 || counts.Failed+counts.Updated+counts.Kept != 0 {
				text, _ := json.Marshal(record.Result)
				t.Errorf("the record is %s, want 3 created", text)
			}
			if times := firstCreated.Load(); times != 1 {
				t.Errorf("an object that nobody refused was created %d times, so it was taken back", times)
			}
			if took := record.Result.CompletionTimestamp.Sub(record.CreationTimestamp.Time); took > 10*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}
