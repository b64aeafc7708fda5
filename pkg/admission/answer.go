package admission

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	logf "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

// Names of the webhooks, as the webhook configuration and the metrics have them.
const (
	WebhookChoose   = "choose.seedbed.dev"
	WebhookPopulate = "populate.seedbed.dev"
	WebhookBackup   = "backups.seedbed.dev"
	WebhookBaseline = "baselines.seedbed.dev"
	WebhookRestore  = "restores.seedbed.dev"
)

// Verdicts that a Recorder is told.
const (
	VerdictAllowed = "allowed"
	VerdictDenied  = "denied"
	// VerdictError is a request that could not be judged: it was denied by WebhookBackup and WebhookPreview, and allowed by
	// the others, which decide nothing that has to hold.
	VerdictError = "error"
)

// answerWithin is below the ten seconds that the API server waits for a webhook, so that a requester
// reads what went wrong instead of "context deadline exceeded".
const answerWithin = 8 * time.Second

// Recorder counts and times the webhooks' answers.
type Recorder interface {
	Admission(webhook, verdict string, took time.Duration)
}

// denial is why a request is refused for good, in one line for whoever sent it.
type denial struct{ message string }

func (d *denial) Error() string { return d.message }

func deny(format string, args ...any) error {
	return &denial{message: fmt.Sprintf(format, args...)}
}

// unreadable is a request whose object does not decode.
type unreadable struct{ cause error }

func (u *unreadable) Error() string { return u.cause.Error() }

func (u *unreadable) Unwrap() error { return u.cause }

// decide reviews one request: warnings for one that is allowed, or an error. An error that is no denial
// means that the request could not be judged.
type decide func(ctx context.Context, req admission.Request) (warnings []string, err error)

// respond answers a request, within its deadline, by what was decided.
func respond(ctx context.Context, recorder Recorder, webhook string, req admission.Request, review decide) admission.Response {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	warnings, err := review(ctx, req)
	recorder.Admission(webhook, verdict(err), time.Since(began))
	var refused *denial
	var bad *unreadable
	switch {
	case err == nil:
		return admission.Allowed("").WithWarnings(bounded(warnings)...)
	case errors.As(err, &refused):
		return admission.Denied(line(refused.message))
	case errors.As(err, &bad):
		return admission.Errored(http.StatusBadRequest, errors.New(line(bad.Error())))
	default:
		logf.FromContext(ctx).Error(err, "Could not judge a request, so it was denied", "webhook", webhook)
		return unavailable(err)
	}
}

// advise answers a request to a webhook with failurePolicy Ignore: only a denial denies, and any other error is logged. The
// warnings that the review returned are kept.
func advise(ctx context.Context, recorder Recorder, webhook string, req admission.Request, review decide) admission.Response {
	began := time.Now()
	reviewCtx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	warnings, err := review(reviewCtx, req)
	recorder.Admission(webhook, verdict(err), time.Since(began))
	var refused *denial
	if errors.As(err, &refused) {
		return admission.Denied(line(refused.message))
	}
	if err != nil {
		logf.FromContext(ctx).Error(err, "Could not look closely at a request, so it was allowed: the admission policies have decided it, and the controller reports what is wrong", "webhook", webhook)
	}
	return admission.Allowed("").WithWarnings(bounded(warnings)...)
}

func isDenial(err error) bool {
	var refused *denial
	return errors.As(err, &refused)
}

// unavailable denies for now: clients and controllers know this code as one to try again.
func unavailable(err error) admission.Response {
	message := line("Seedbed could not check this request, so nothing was changed, try again: " + err.Error())
	response := admission.Errored(http.StatusServiceUnavailable, errors.New(message))
	response.Result.Reason = metav1.StatusReasonServiceUnavailable
	return response
}

func verdict(err error) string {
	var refused *denial
	switch {
	case err == nil:
		return VerdictAllowed
	case errors.As(err, &refused):
		return VerdictDenied
	default:
		return VerdictError
	}
}

// The API server cuts warnings in the middle from 4096 characters on, all of a request's together.
const (
	maxWarnings      = 16
	maxWarningLength = 250
)

func bounded(warnings []string) []string {
	out := make([]string, 0, min(len(warnings), maxWarnings))
	for _, warning := range warnings[:min(len(warnings), maxWarnings)] {
		out = append(out, fmt.Sprintf("%.*s", maxWarningLength, warning))
	}
	return out
}

// maxLine bounds what one answer says, in characters: a sentence and ten names fit.
const maxLine = 1024

func line(message string) string {
	return fmt.Sprintf("%.*s", maxLine, message)
}
