package resource

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// view is how get, describe and delete show a kind. Its functions take objects of the kind and of its companion.
type View struct {
	*Descriptor
	// example follows a verb in help: the name of an object, and its namespace.
	Example string
	// columns and row make the table of get.
	Columns []metav1.TableColumnDefinition
	Row     func(obj client.Object, now time.Time) []any
	// describe returns the text of describe. It reads a bounded amount besides obj, and names what the user may not read.
	Describe func(ctx context.Context, c client.Reader, obj client.Object, details bool) (string, error)
	// deleted returns the effects of the deletion of obj, in sentences.
	Deleted func(obj client.Object) string
	// usedBy returns the names of the objects that keep obj from being deleted, as far as the user may read them; nil where
	// nothing can.
	UsedBy func(ctx context.Context, c client.Reader, obj client.Object) []string
}
