package cli

import (
	"context"
	"fmt"
	"reflect"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// kind is what the verbs that are alike for all kinds (get, describe, delete) need to know of one.
type kind struct {
	// noun is what users call it and type: "backup".
	noun string
	// example is what follows a verb in help: the name of one, and where it is.
	example    string
	namespaced bool
	// resource is the plural name in the API. It is set on kinds that have a companion or are one.
	resource string
	// companion is a second kind whose objects the verbs show and delete along with these, because users look for both in
	// the same place; nil for most kinds.
	companion *kind
	newObject func() client.Object
	newList   func() client.ObjectList
	// columns and row make the table that get prints.
	columns []metav1.TableColumnDefinition
	row     func(obj client.Object, now time.Time) []any
	// describe is the text that describe prints. What it reads besides obj is bounded, and told as
	// unknown to who may not read it.
	describe func(ctx context.Context, c client.Reader, obj client.Object, details bool) (string, error)
	// deleted says what the deletion of obj does and does not remove.
	deleted func(obj client.Object) string
	// usedBy returns the names of what keeps obj from being deleted, as far as the user may see it; nil where nothing can.
	usedBy func(ctx context.Context, c client.Reader, obj client.Object) []string
}

func (k *kind) plural() string { return k.noun + "s" }

// plurals returns the plural of k and of its companion.
func (k *kind) plurals() string {
	if k.companion == nil {
		return k.plural()
	}
	return k.plural() + " and " + k.companion.plural()
}

// withCompanion returns k and, where it has one, its companion.
func (k *kind) withCompanion() []*kind {
	if k.companion == nil {
		return []*kind{k}
	}
	return []*kind{k, k.companion}
}

// kindOf returns the kind of obj, which is k or its companion.
func (k *kind) kindOf(obj client.Object) *kind {
	if k.companion != nil && reflect.TypeOf(obj) == reflect.TypeOf(k.companion.newObject()) {
		return k.companion
	}
	return k
}

// in says where objects of k are; nothing of those that are in no namespace, or in any.
func (k *kind) in(namespace string) string {
	if !k.namespaced || namespace == "" {
		return ""
	}
	return fmt.Sprintf(" in namespace %q", namespace)
}

// noneFound is what is said instead of an empty table.
func (k *kind) noneFound(namespace string) string {
	return fmt.Sprintf("No %s found%s.\n", k.plural(), k.in(namespace))
}

// rowOf makes a kind's row function of one for its own type.
func rowOf[T client.Object](row func(T, time.Time) []any) func(client.Object, time.Time) []any {
	return func(obj client.Object, now time.Time) []any { return row(obj.(T), now) }
}

// deletedOf makes a kind's deleted function of one for its own type.
func deletedOf[T client.Object](deleted func(T) string) func(client.Object) string {
	return func(obj client.Object) string { return deleted(obj.(T)) }
}

// textOf makes a kind's describe function of one for its own type that reads nothing else.
func textOf[T client.Object](text func(obj T, details bool) string) func(context.Context, client.Reader, client.Object, bool) (string, error) {
	return func(_ context.Context, _ client.Reader, obj client.Object, details bool) (string, error) {
		return text(obj.(T), details), nil
	}
}
