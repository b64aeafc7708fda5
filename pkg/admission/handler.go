package admission

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/clock"
	logf "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

// Names of the webhooks in the webhook configuration and in the metrics.
const (
	WebhookChoose   = "choose.seedbed.dev"
	WebhookPopulate = "populate.seedbed.dev"
	WebhookBackup   = "backups.seedbed.dev"
	WebhookBaseline = "baselines.seedbed.dev"
	WebhookRestore  = "restores.seedbed.dev"
)

// Verdicts of a review, for the Recorder and the audit log.
const (
	VerdictAllowed = "allowed"
	VerdictDenied  = "denied"
	// VerdictError is the verdict on a request that could not be reviewed. The webhook's failure policy answers it.
	VerdictError = "error"
)

// auditVerdict is the audit annotation of the verdict. The API server puts the webhook's name before it. Errors are not
// annotated: any client of the port reads the annotations too.
const auditVerdict = "verdict"

// answerWithin is below the ten seconds that the API server waits for a webhook. The requester then reads the cause instead
// of "context deadline exceeded".
const answerWithin = 8 * time.Second

// Recorder counts and times the webhooks' answers.
type Recorder interface {
	Admission(webhook, verdict string, took time.Duration)
}

// Options configure a webhook.
type Options struct {
	// Name is one of the names of the webhooks.
	Name string
	// FailurePolicy is the webhook's in the webhook configuration. It answers requests that could not be reviewed, too: Ignore
	// allows them and logs the cause, Fail denies them.
	FailurePolicy admissionregistrationv1.FailurePolicyType
	// OwnUser is Seedbed's own user name, whose requests are allowed without a review. No user is exempt if it is empty.
	OwnUser  string
	Recorder Recorder
	Clock    clock.PassiveClock
}

// NewWebhook returns a webhook that answers by a validator's decisions.
func NewWebhook[T runtime.Object](scheme *runtime.Scheme, validator admission.Validator[T], options Options) *admission.Webhook {
	webhook := admission.WithValidator[T](scheme, statusValidator[T]{validator})
	webhook.Handler = &handler{Options: options, next: webhook.Handler}
	return webhook
}

// handler adds to a validator what all webhooks have: deadline, metric, audit annotation, bounds and failure policy.
type handler struct {
	Options
	next admission.Handler
}

// Handle implements [admission.Handler].
func (h *handler) Handle(ctx context.Context, req admission.Request) admission.Response {
	began := h.Clock.Now()
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	response := admission.Allowed("")
	if h.OwnUser == "" || req.UserInfo.Username != h.OwnUser {
		response = h.next.Handle(ctx, req)
	}
	verdict := verdictOf(&response)
	h.Recorder.Admission(h.Name, verdict, h.Clock.Since(began))
	if verdict == VerdictError {
		response = h.applyFailurePolicy(ctx, response)
	}
	boundResponse(&response)
	response.AuditAnnotations = map[string]string{auditVerdict: verdict}
	return response
}

// verdictOf returns the verdict of a response. Only a denial has one of these two codes, because statusValidator gives every
// other error the code 503.
func verdictOf(response *admission.Response) string {
	switch {
	case response.Allowed:
		return VerdictAllowed
	case response.Result.Code == http.StatusForbidden, response.Result.Code == http.StatusUnprocessableEntity:
		return VerdictDenied
	default:
		return VerdictError
	}
}

// applyFailurePolicy returns the answer to a request that could not be reviewed. Warnings are kept.
func (h *handler) applyFailurePolicy(ctx context.Context, response admission.Response) admission.Response {
	log, err := logf.FromContext(ctx).WithValues("webhook", h.Name), errors.New(response.Result.Message)
	if h.FailurePolicy == admissionregistrationv1.Ignore {
		log.Error(err, "Could not review a request and allowed it: the admission policies have decided it, and the controller reports what is wrong")
		return admission.Allowed("").WithWarnings(response.Warnings...)
	}
	log.Error(err, "Could not review a request and denied it")
	if response.Result.Code == http.StatusServiceUnavailable { // clients and controllers retry it
		response.Result.Message = "Seedbed could not check this request, so nothing was changed, try again: " + response.Result.Message
	}
	return response
}

const (
	// The API server cuts a request's warnings from 4096 characters on, in the middle of one.
	maxWarnings      = 16
	maxWarningLength = 250
	// maxMessageLength is an upper bound of a message's characters. A sentence and ten names fit.
	maxMessageLength = 1024
)

// boundResponse cuts the texts of a response to their bounds.
func boundResponse(response *admission.Response) {
	response.Warnings = response.Warnings[:min(len(response.Warnings), maxWarnings)]
	for i, warning := range response.Warnings {
		response.Warnings[i] = fmt.Sprintf("%.*s", maxWarningLength, warning)
	}
	if response.Result == nil {
		return
	}
	response.Result.Message = boundMessage(response.Result.Message)
	if details := response.Result.Details; details != nil {
		for i := range details.Causes {
			details.Causes[i].Message = boundMessage(details.Causes[i].Message)
		}
	}
}

func boundMessage(message string) string {
	return fmt.Sprintf("%.*s", maxMessageLength, message)
}
