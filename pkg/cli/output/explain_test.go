package output

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// answeredResource is the resource of the API server's answers.
var answeredResource = schema.GroupResource{Group: "seedbed.dev", Resource: "baselinebackups"}

func TestExplain(t *testing.T) {
	kind := schema.GroupKind{Group: "seedbed.dev", Kind: "BaselineBackup"}
	denied := func(message string) error {
		return &apierrors.StatusError{ErrStatus: metav1.Status{Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden, Message: message}}
	}
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"not installed": {
			// The API server's answer to a path that it does not know.
			err:  apierrors.NewGenericServerResponse(http.StatusNotFound, "GET", answeredResource, "", "404 page not found", 0, true),
			want: ErrNotInstalled.Error(),
		},
		"not valid": {
			err: apierrors.NewInvalid(kind, "web", field.ErrorList{
				field.Invalid(field.NewPath("spec", "ttl"), "0s", "ttl must be longer than zero"),
				field.Required(field.NewPath("spec", "includedNamespaces"), ""),
			}),
			want: `cannot create backup "web": spec.ttl: Invalid value: "0s": ttl must be longer than zero; spec.includedNamespaces: Required value`,
		},
		"a field that a webhook forbids": {
			err: &apierrors.StatusError{ErrStatus: metav1.Status{
				Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden,
				Message: `admission webhook "backups.seedbed.dev" denied the request: baselinebackups.seedbed.dev "web" is forbidden: you cannot list secrets`,
				Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{{Type: metav1.CauseTypeForbidden, Field: "spec.includedResources", Message: "you cannot list secrets"}}},
			}},
			want: `you cannot list secrets`,
		},
		"a field that a webhook finds invalid": {
			err: &apierrors.StatusError{ErrStatus: metav1.Status{
				Code: http.StatusUnprocessableEntity, Reason: metav1.StatusReasonInvalid,
				Message: `admission webhook "backups.seedbed.dev" denied the request: BaselineBackup.seedbed.dev "web" is invalid: spec.ttl: no`,
				Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{{Field: "spec.ttl", Message: "no"}}},
			}},
			want: `cannot create backup "web": spec.ttl: no`,
		},
		"refused by admission": {
			err:  denied(`admission webhook "backups.seedbed.dev" denied the request: backup "web" is used by baseline "web"`),
			want: `backup "web" is used by baseline "web"`,
		},
		"refused by an admission policy": {
			err:  denied(`baselines.seedbed.dev "web" is forbidden: ValidatingAdmissionPolicy 'seedbed-authorize-baselines' with binding 'seedbed-authorize-baselines' denied request: spec.backup: no`),
			want: `spec.backup: no`,
		},
		"forbidden": {
			err:  apierrors.NewForbidden(answeredResource, "web", errors.New("no verb create")),
			want: `cannot create backup "web": baselinebackups.seedbed.dev "web" is forbidden: no verb create: ask whoever administers the cluster for that permission`,
		},
		"not logged in": {
			err:  apierrors.NewUnauthorized("Unauthorized"),
			want: `cannot create backup "web": the cluster does not accept your credentials: check --context, --user and --token, or log in again`,
		},
		"the webhook is down": {
			err:  apierrors.NewInternalError(errors.New(`failed calling webhook "backups.seedbed.dev": connection refused`)),
			want: `cannot create backup "web": an admission webhook does not answer: is Seedbed's controller running?`,
		},
		"the cluster is down": {
			err:  &url.Error{Op: "Get", URL: "https://example.test:6443/apis/seedbed.dev/v1alpha1?limit=1", Err: errors.New("connection refused")},
			want: "cannot reach the cluster at https://example.test:6443: connection refused: is it running",
		},
		"any other answer": {
			err:  apierrors.NewConflict(answeredResource, "web", errors.New("changed meanwhile")),
			want: `cannot create backup "web": Operation cannot be fulfilled on baselinebackups.seedbed.dev "web": changed meanwhile`,
		},
		"no answer in time": {err: context.DeadlineExceeded, want: `cannot create backup "web": the cluster did not answer in time`},
		"interrupted":       {err: &url.Error{Op: "Post", URL: "https://example.test", Err: context.Canceled}, want: "interrupted: "},
		"anything else":     {err: errors.New("odd"), want: `cannot create backup "web": odd`},
	} {
		t.Run(name, func(t *testing.T) {
			got := Explain(`create backup "web"`, fmt.Errorf("wrapped: %w", test.err))
			if name == "anything else" {
				got = Explain(`create backup "web"`, test.err)
			}
			if !strings.HasPrefix(got.Error(), test.want) {
				t.Errorf("explained as\n%s\nwant\n%s", got, test.want)
			}
			if !errors.Is(got, test.err) {
				t.Error("the cause is lost")
			}
		})
	}
	if err := Explain("do nothing", nil); err != nil {
		t.Errorf("no error is explained as %v", err)
	}
}
