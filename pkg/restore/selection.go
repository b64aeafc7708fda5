package restore

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/transform"
)

// ErrSelection is the error of a selection that does not parse, or that leaves nothing of the backup.
var ErrSelection = errors.New("selection")

// everything is the name of all resources.
const everything = "*"

// Selection is the part of a backup that a restore by hand is about; zero is all of it. It is comparable, as Spec is: lists are
// sorted and joined by commas, and Labels is a label selector as it is typed.
type Selection struct {
	Included, Excluded, Labels string
}

// NewSelection returns the Selection of an object's spec. Its error is or wraps ErrSelection.
func NewSelection(spec *v1alpha1.RestoreSelection) (Selection, error) {
	selector, err := metav1.LabelSelectorAsSelector(spec.LabelSelector)
	if err != nil {
		return Selection{}, fmt.Errorf("%w: labelSelector: %w", ErrSelection, err)
	}
	selection := Selection{Included: joinNames(spec.IncludedResources), Excluded: joinNames(spec.ExcludedResources)}
	if spec.LabelSelector != nil {
		selection.Labels = selector.String()
	}
	if slices.Contains(spec.IncludedResources, everything) {
		selection.Included = ""
	}
	return selection, nil
}

func joinNames(names []string) string {
	lower := make([]string, len(names))
	for i, name := range names {
		lower[i] = strings.ToLower(name)
	}
	slices.Sort(lower)
	return strings.Join(slices.Compact(lower), ",")
}

// selector is a Selection made ready for many objects. It is not safe for concurrent use.
type selector struct {
	included, excluded []string
	labels             labels.Selector
	// used are the names that stood for a resource, held the resources of all objects.
	used, held map[string]bool
	// any reports whether an object was taken.
	any bool
}

// compile returns the selector of a Selection. Its error wraps ErrSelection.
func (s Selection) compile() (*selector, error) {
	parsed, err := labels.Parse(s.Labels)
	if err != nil {
		return nil, fmt.Errorf("%w: labelSelector: %w", ErrSelection, err)
	}
	return &selector{
		included: splitNames(s.Included), excluded: splitNames(s.Excluded), labels: parsed,
		used: map[string]bool{}, held: map[string]bool{},
	}, nil
}

// takes reports whether an object is selected. What is left out is as if the backup did not hold it: references to it stay,
// and what it owns is restored.
func (s *selector) takes(object transform.Object) bool {
	in, out := nameOf(s.included, object.Resource), nameOf(s.excluded, object.Resource)
	s.used[in], s.used[out] = true, true
	s.held[object.Resource.String()] = true
	taken := out == "" && (in != "" || len(s.included) == 0) && s.labels.Matches(labels.Set(object.Content.GetLabels()))
	s.any = s.any || taken
	return taken
}

// idle returns the names that stood for none of the objects so far, and an error that wraps ErrSelection where none was taken.
func (s *selector) idle() (names []string, err error) {
	for _, name := range slices.Concat(s.included, s.excluded) {
		if !s.used[name] && name != everything {
			names = append(names, name)
		}
	}
	if !s.any && len(s.held) > 0 {
		return names, fmt.Errorf("%w: nothing of the backup is selected: it holds %s", ErrSelection, s.heldResources())
	}
	return names, nil
}

func splitNames(joined string) []string {
	if joined == "" {
		return nil
	}
	return strings.Split(joined, ",")
}

// nameOf returns the first of names that stands for a resource, as "deployments" or "deployments.apps"; empty if none does.
func nameOf(names []string, resource schema.GroupResource) string {
	for _, name := range names {
		if name == everything || name == resource.Resource || name == resource.String() {
			return name
		}
	}
	return ""
}

// maxHeld bounds the resources that a message lists.
const maxHeld = 20

// heldResources lists the resources of all objects for a message.
func (s *selector) heldResources() string {
	names := slices.Sorted(maps.Keys(s.held))
	if more := len(names) - maxHeld; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxHeld], ", "), more)
	}
	return strings.Join(names, ", ")
}
