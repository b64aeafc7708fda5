package policy

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// refusedFor is the condition of a namespace whose annotation nobody reviewed, as Decide words it.
func refusedFor(value string) corev1.NamespaceCondition {
	namespace := &metav1.ObjectMeta{Annotations: map[string]string{v1alpha1.AnnotationBaseline: value}}
	refusal := Compile(nil).Decide(namespace, false).Refusals[0]
	return corev1.NamespaceCondition{Type: v1alpha1.ConditionBaselineReady, Status: corev1.ConditionFalse, Reason: refusal.Reason, Message: v1alpha1.Cut(refusal.Message)}
}

func TestAuthorized(t *testing.T) {
	long := ""
	for _, letter := range []string{"a", "b", "c", "d", "e"} {
		long += strings.Repeat(letter, v1alpha1.MaxNameLength) + ","
	}
	restored := refusedFor("web")
	restored.Status, restored.Reason, restored.Message = corev1.ConditionTrue, v1alpha1.ReasonRestored, "restored: web"
	another := refusedFor("web")
	another.Type = "Another"
	for name, test := range map[string]struct {
		value      string
		setAfter   bool
		conditions []corev1.NamespaceCondition
		want       bool
	}{
		"set after":                                 {"web", true, nil, true},
		"set before":                                {"web", false, nil, false},
		"seems new, but was refused":                {"web", true, []corev1.NamespaceCondition{refusedFor("web")}, false},
		"another value was refused":                 {"web,api", true, []corev1.NamespaceCondition{refusedFor("web")}, true},
		"more was refused":                          {"web", true, []corev1.NamespaceCondition{refusedFor("web,api")}, true},
		"removed and set again since":               {"web", true, []corev1.NamespaceCondition{restored}, true},
		"somebody else's condition":                 {"web", true, []corev1.NamespaceCondition{another}, true},
		"a long one that was refused":               {long + "web", true, []corev1.NamespaceCondition{refusedFor(long + "web")}, false},
		"a long one whose end changed stays so":     {long + "api,x", true, []corev1.NamespaceCondition{refusedFor(long + "api,y")}, false},
		"set before, though nothing refused it yet": {"web", false, []corev1.NamespaceCondition{restored}, false},
	} {
		t.Run(name, func(t *testing.T) {
			namespace := &corev1.Namespace{}
			namespace.Annotations = map[string]string{v1alpha1.AnnotationBaseline: test.value}
			namespace.CreationTimestamp = metav1.NewTime(noon)
			namespace.Status.Conditions = test.conditions
			configured := noon.Add(time.Second)
			if test.setAfter {
				configured = noon.Add(-time.Second)
			}
			if got := Authorized(namespace, configured); got != test.want {
				t.Errorf("Authorized = %v, want %v", got, test.want)
			}
		})
	}
}
