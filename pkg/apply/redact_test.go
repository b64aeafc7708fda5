package apply

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func TestRedactedErrorsContainNoValues(t *testing.T) {
	const value = "hunter2"
	secret, thing := schema.GroupKind{Kind: "Secret"}, schema.GroupKind{Group: "g", Kind: "Thing"}
	at := field.NewPath("spec", "password")
	invalid := func(kind schema.GroupKind, problems ...*field.Error) error {
		return apierrors.NewInvalid(kind, "a", problems)
	}
	tests := map[string]struct {
		kind schema.GroupKind
		err  error
		want string
	}{
		"none":              {kind: thing},
		"not the server's":  {kind: thing, err: errors.New("connection refused"), want: "connection refused"},
		"a pattern":         {kind: thing, err: invalid(thing, field.Invalid(at, value, "should match '^a$'")), want: `Thing.g "a" is invalid: spec.password: Invalid value: (left out): should match '^a$'`},
		"repeated":          {kind: thing, err: invalid(thing, field.TypeInvalid(at, value, `must be of type uuid: "hunter2"`)), want: `Thing.g "a" is invalid: spec.password: Invalid value: (left out): must be of type uuid: (left out)`},
		"with quotes in it": {kind: thing, err: invalid(thing, field.Invalid(at, `x": "hunter2`, "no")), want: `Thing.g "a" is invalid: spec.password: Invalid value: (left out): no`},
		"an enumeration":    {kind: thing, err: invalid(thing, field.NotSupported(at, value, []string{"a", "b"})), want: `Thing.g "a" is invalid: spec.password: Unsupported value: (left out): supported values: "a", "b"`},
		"an object":         {kind: thing, err: invalid(thing, field.Invalid(at, map[string]any{"p": value}, "no")), want: `Thing.g "a" is invalid: spec.password: Invalid value: (left out): no`},
		"a list":            {kind: thing, err: invalid(thing, field.Duplicate(at, []string{value})), want: `Thing.g "a" is invalid: spec.password: Duplicate value: (left out)`},
		"a number stays":    {kind: thing, err: invalid(thing, field.Invalid(at, 70000, "must be less")), want: `Thing.g "a" is invalid: spec.password: Invalid value: 70000: must be less`},
		"required":          {kind: thing, err: invalid(thing, field.Required(at, "say it")), want: `Thing.g "a" is invalid: spec.password: Required value: say it`},
		"several":           {kind: thing, err: invalid(thing, field.Invalid(at, value, "x"), field.Required(at, "y")), want: `Thing.g "a" is invalid: spec.password: Invalid value: (left out): x, spec.password: Required value: y`},
		"wrapped":           {kind: thing, err: fmt.Errorf("while: %w", invalid(thing, field.Invalid(at, value, "no"))), want: `while: Thing.g "a" is invalid: spec.password: Invalid value: (left out): no`},
		"quota of a Secret": {kind: secret, err: apierrors.NewForbidden(things, "a", errors.New("exceeded quota")), want: `things.g "a" is forbidden: exceeded quota`},
		"a webhook's denial of a Secret": {
			kind: secret, err: apierrors.NewForbidden(things, "a", errors.New(`admission webhook "w" denied the request: weak password hunter2`)),
			want: `things.g "a" is forbidden: admission webhook "w" denied the request (why is left out: it may quote the Secret; a server-side dry run shows it)`,
		},
		"a policy's denial of a Secret": {
			kind: secret, err: apierrors.NewForbidden(things, "a", errors.New(`ValidatingAdmissionPolicy 'p' with binding 'b' denied request: hunter2`)),
			want: `things.g "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request (why is left out: it may quote the Secret; a server-side dry run shows it)`,
		},
		"a webhook's denial of a ConfigMap": {
			kind: schema.GroupKind{Kind: "ConfigMap"}, err: apierrors.NewForbidden(things, "a", errors.New(`admission webhook "w" denied the request: data is hunter2`)),
			want: `things.g "a" is forbidden: admission webhook "w" denied the request (why is left out: it may quote the ConfigMap; a server-side dry run shows it)`,
		},
		"a webhook's denial of anything else": {
			kind: thing, err: apierrors.NewForbidden(things, "a", errors.New(`admission webhook "w" denied the request: no image`)),
			want: `things.g "a" is forbidden: admission webhook "w" denied the request: no image`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := redactError(test.kind, test.err)
			if test.err == nil {
				if got != nil {
					t.Errorf("got %v, want none", got)
				}
				return
			}
			if got.Error() != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if strings.Contains(got.Error(), value) {
				t.Errorf("the value is in %s", got)
			}
			if apierrors.ReasonForError(got) != apierrors.ReasonForError(test.err) {
				t.Error("it is no longer the error that it was")
			}
		})
	}
}
