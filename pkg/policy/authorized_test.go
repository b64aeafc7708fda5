package policy

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// asks returns a namespace with these values of the annotations baseline and asked; "-" is none.
func namespaceAsking(baseline, asked string) *metav1.ObjectMeta {
	annotations := map[string]string{}
	for key, value := range map[string]string{v1alpha1.AnnotationBaseline: baseline, v1alpha1.AnnotationAsked: asked} {
		if value != "-" {
			annotations[key] = value
		}
	}
	return &metav1.ObjectMeta{Name: "bar", Annotations: annotations}
}

func TestIsMarked(t *testing.T) {
	long := strings.Repeat(strings.Repeat("a", 63)+",\n", 16)
	for name, test := range map[string]struct {
		marked, now *metav1.ObjectMeta
		want        bool
	}{
		"the same value":                      {marked: namespaceAsking("web", "-"), now: namespaceAsking("web", "-"), want: true},
		"another value":                       {marked: namespaceAsking("web", "-"), now: namespaceAsking("web,api", "-")},
		"a space more":                        {marked: namespaceAsking("web", "-"), now: namespaceAsking("web ", "-")},
		"asked again":                         {marked: namespaceAsking("web", "-"), now: namespaceAsking("web", "today")},
		"asked once more":                     {marked: namespaceAsking("web", "today"), now: namespaceAsking("web", "tomorrow")},
		"asked taken away":                    {marked: namespaceAsking("web", "today"), now: namespaceAsking("web", "-")},
		"an empty asked is none":              {marked: namespaceAsking("web", "-"), now: namespaceAsking("web", ""), want: true},
		"longer than a condition's message":   {marked: namespaceAsking(long, "-"), now: namespaceAsking(long, "-"), want: true},
		"long, and its end changed":           {marked: namespaceAsking(long, "-"), now: namespaceAsking(long+"b", "-")},
		"the annotation was taken away":       {marked: namespaceAsking("web", "-"), now: namespaceAsking("-", "-")},
		"line breaks, each counts":            {marked: namespaceAsking("web\n\n", "-"), now: namespaceAsking("web\n", "-")},
		"text moved from one to the other":    {marked: namespaceAsking("web", "a"), now: namespaceAsking("weba", "-")},
		"a line break moved: refused as well": {marked: namespaceAsking("web\n", "a"), now: namespaceAsking("web", "\na"), want: true},
	} {
		t.Run(name, func(t *testing.T) {
			if IsMarked(test.now) || HasStaleMark(test.now) {
				t.Error("marked without a mark")
			}
			test.now.Annotations[v1alpha1.AnnotationNotAuthorized] = AnnotationDigest(test.marked)
			if got := IsMarked(test.now); got != test.want {
				t.Errorf("IsMarked = %v, want %v", got, test.want)
			}
			if got := HasStaleMark(test.now); got == test.want {
				t.Errorf("HasStaleMark = %v, want %v", got, !test.want)
			}
		})
	}
}
