package resource

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// View defines how get, describe and delete show a kind. Its functions take objects of the kind and of its companion.
type View struct {
	*Descriptor
	// Example follows a verb in help: the name of an object, and its namespace.
	Example string
	// Columns and Row make the table of get.
	Columns []metav1.TableColumnDefinition
	Row     func(obj client.Object, now time.Time) []any
	// Describe returns the text of describe. It reads a bounded amount besides obj, and names the kinds that the user may not
	// read.
	Describe func(ctx context.Context, c client.Reader, obj client.Object, details bool) (string, error)
	// Deleted returns the effects of the deletion of obj, in sentences.
	Deleted func(obj client.Object) string
	// UsedBy returns the names of the objects that keep obj from being deleted, as far as the user may read them; nil if there
	// can be none.
	UsedBy func(ctx context.Context, c client.Reader, obj client.Object) []string
	// Force is the flag --force of delete; nil for a kind without it.
	Force *Force
}

// Force allows a deletion that takes something from others, by an annotation of the object that is "true".
type Force struct {
	Annotation, Usage string
	// Consequences are sentences to print before the user confirms.
	Consequences string
}
