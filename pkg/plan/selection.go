package plan

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

// ErrSelection is the error of a selection that does not parse, or that selects nothing of the backup.
var ErrSelection = errors.New("selection")

// allResources is the name that matches every resource.
const allResources = "*"

// Selection is the part of a backup that a restore by hand restores; the zero Selection is all of it. It is comparable, as Spec
// is: its lists are sorted and joined by commas, and Labels is a label selector as typed.
type Selection struct {
	Included, Excluded, Labels string
}

// NewSelection returns the Selection of an object's spec. Its error wraps ErrSelection.
func NewSelection(spec *v1alpha1.RestoreSelection) (Selection, error) {
	selector, err := metav1.LabelSelectorAsSelector(spec.LabelSelector)
	if err != nil {
		return Selection{}, fmt.Errorf("%w: labelSelector: %w", ErrSelection, err)
	}
	selection := Selection{Included: joinNames(spec.IncludedResources), Excluded: joinNames(spec.ExcludedResources)}
	if spec.LabelSelector != nil {
		selection.Labels = selector.String()
	}
	if slices.Contains(spec.IncludedResources, allResources) {
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

// selector applies a Selection to many objects. It is not safe for concurrent use.
type selector struct {
	included, excluded []string
	labels             labels.Selector
	// matched are the names that matched a resource; held are the resources of all objects.
	matched, held map[string]bool
	// any is set once an object is selected.
	any bool
}

// newSelector returns the selector of a Selection. Its error wraps ErrSelection.
func (s Selection) newSelector() (*selector, error) {
	parsed, err := labels.Parse(s.Labels)
	if err != nil {
		return nil, fmt.Errorf("%w: labelSelector: %w", ErrSelection, err)
	}
	return &selector{
		included: splitNames(s.Included), excluded: splitNames(s.Excluded), labels: parsed, matched: map[string]bool{}, held: map[string]bool{},
	}, nil
}

// selects reports whether an object is selected. An object that is not counts as absent from the backup: references to it stay,
// and objects that it owns are restored.
func (s *selector) selects(object transform.Object) bool {
	in, out := findName(s.included, object.Resource), findName(s.excluded, object.Resource)
	s.matched[in], s.matched[out] = true, true
	s.held[object.Resource.String()] = true
	selected := out == "" && (in != "" || len(s.included) == 0) && s.labels.Matches(labels.Set(object.Content.GetLabels()))
	s.any = s.any || selected
	return selected
}

// unmatchedNames returns the names that matched no object so far. Its error wraps ErrSelection if no object was selected.
func (s *selector) unmatchedNames() (names []string, err error) {
	for _, name := range slices.Concat(s.included, s.excluded) {
		if !s.matched[name] && name != allResources {
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

// findName returns the first of names that matches a resource, as "deployments" or "deployments.apps" do; empty if none does.
func findName(names []string, resource schema.GroupResource) string {
	for _, name := range names {
		if name == allResources || name == resource.Resource || name == resource.String() {
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
