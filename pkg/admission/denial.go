package admission

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// denial is a permanent rejection; its status is returned to the requester.
type denial struct{ *apierrors.StatusError }

// Kinds of the objects in denials.
const (
	kindBaseline = "Baseline"
	kindBackup   = "BaselineBackup"
	kindRestore  = "BaselineRestore"
)

// maxCauses is an upper bound of the fields that a denial names, and maxValueLength of the characters of a field's value.
const (
	maxCauses      = 8
	maxValueLength = 64
)

// denyInvalid returns a denial that has a cause for each invalid field.
func denyInvalid(kind, name string, errs field.ErrorList) error {
	errs = errs[:min(len(errs), maxCauses)]
	for _, err := range errs {
		if value, isString := err.BadValue.(string); isString {
			err.BadValue = fmt.Sprintf("%.*s", maxValueLength, value)
		}
	}
	return &denial{apierrors.NewInvalid(v1alpha1.GroupVersion.WithKind(kind).GroupKind(), name, errs)}
}

// denyForbidden returns a denial of a request that the requester may not make. The cause has the field and the bare sentence;
// there is none without a path.
func denyForbidden(resource schema.GroupResource, name string, path *field.Path, format string, args ...any) error {
	sentence := fmt.Sprintf(format, args...)
	status := apierrors.NewForbidden(resource, name, errors.New(sentence))
	if path != nil {
		status.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: metav1.CauseTypeForbidden, Field: path.String(), Message: sentence}}
	}
	return &denial{status}
}

func isDenial(err error) bool {
	var refused *denial
	return errors.As(err, &refused)
}

// statusValidator gives each error of a validator the status to answer with: a denial's own, and 503 for the others. A failed
// request at the API server has a status too, which is not the requester's.
type statusValidator[T runtime.Object] struct{ validator admission.Validator[T] }

// ValidateCreate implements [admission.Validator].
func (v statusValidator[T]) ValidateCreate(ctx context.Context, newObj T) (admission.Warnings, error) {
	warnings, err := v.validator.ValidateCreate(ctx, newObj)
	return warnings, withStatus(err)
}

// ValidateUpdate implements [admission.Validator].
func (v statusValidator[T]) ValidateUpdate(ctx context.Context, oldObj, newObj T) (admission.Warnings, error) {
	warnings, err := v.validator.ValidateUpdate(ctx, oldObj, newObj)
	return warnings, withStatus(err)
}

// ValidateDelete implements [admission.Validator].
func (v statusValidator[T]) ValidateDelete(ctx context.Context, oldObj T) (admission.Warnings, error) {
	warnings, err := v.validator.ValidateDelete(ctx, oldObj)
	return warnings, withStatus(err)
}

func withStatus(err error) error {
	if err == nil || isDenial(err) {
		return err
	}
	return apierrors.NewServiceUnavailable(err.Error())
}

// requestOf returns the request that is validated; an empty one outside a webhook.
func requestOf(ctx context.Context) admission.Request {
	request, _ := admission.RequestFromContext(ctx) // empty with an error
	return request
}
