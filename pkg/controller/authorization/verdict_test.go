package authorization

import (
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
)

// created returns a namespace that asks for web and was created so long after noon. A mark of "-" is none.
func created(after time.Duration, mark string) *corev1.Namespace {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: "bar", CreationTimestamp: metav1.NewTime(noon.Add(after)), Annotations: map[string]string{v1alpha1.AnnotationBaseline: "web"},
	}}
	switch mark {
	case "-":
	case "this":
		namespace.Annotations[v1alpha1.AnnotationNotAuthorized] = policy.AnnotationDigest(namespace)
	default:
		namespace.Annotations[v1alpha1.AnnotationNotAuthorized] = mark
	}
	return namespace
}

func TestVerdictOfAnAnnotation(t *testing.T) {
	inForce := newInstalled().read()
	weak := &policySet{identities: inForce.identities, created: noon, problem: errors.New("a binding is missing")}
	known := &state{policies: inForce, since: noon.Add(300 * time.Millisecond)}
	marked := &state{policies: inForce, since: known.since, marked: true}
	for title, test := range map[string]struct {
		state     *state
		namespace *corev1.Namespace
		want      Verdict
	}{
		"nothing is known yet":          {nil, created(time.Hour, "-"), Unknown},
		"not remembered yet since when": {&state{policies: inForce}, created(time.Hour, "-"), Unknown},
		"its mark was refused": {
			&state{policies: inForce, since: known.since, marked: true, refused: map[types.UID]string{"": policy.AnnotationDigest(created(time.Hour, "-"))}},
			created(time.Hour, "-"), NotReviewed,
		},
		"its mark was refused, for another value": {
			&state{policies: inForce, since: known.since, marked: true, refused: map[types.UID]string{"": "other"}}, created(time.Hour, "-"), Reviewed,
		},
		"not in force":                             {&state{policies: weak, since: noon, marked: true}, created(time.Hour, "-"), NotReviewed},
		"created ten seconds after them":           {known, created(10*time.Second, "-"), Reviewed},
		"created nine seconds after them":          {known, created(9*time.Second, "-"), Unknown},
		"created before them, not marked yet":      {known, created(-time.Hour, "-"), Unknown},
		"created before them, when all are marked": {marked, created(-time.Hour, "-"), Reviewed},
		"marked":                                     {marked, created(-time.Hour, "this"), NotReviewed},
		"marked, before all are":                     {known, created(-time.Hour, "this"), NotReviewed},
		"marked, although it is younger":             {marked, created(time.Hour, "this"), NotReviewed},
		"another value was marked":                   {marked, created(-time.Hour, "another"), Reviewed},
		"another value was marked, before all are":   {known, created(-time.Hour, "another"), Unknown},
		"marked, and it is not known since when yet": {&state{policies: inForce}, created(-time.Hour, "this"), NotReviewed},
	} {
		t.Run(title, func(t *testing.T) {
			k := &Keeper{grace: 10 * time.Second}
			if test.state != nil {
				k.state.Store(test.state)
			}
			if got := k.Annotation(test.namespace); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

func TestVerdictOfAnObject(t *testing.T) {
	inForce := newInstalled().read()
	for title, test := range map[string]struct {
		state   *state
		created time.Duration
		want    Verdict
		why     string
	}{
		"nothing is known yet": {nil, time.Hour, Unknown, ""},
		"not in force":         {&state{policies: &policySet{created: noon, problem: errors.New("a binding is missing")}}, time.Hour, NotReviewed, "not in force: a binding is missing"},
		"older":                {&state{policies: inForce}, -time.Hour, NotReviewed, "delete it and create it again"},
		"nine seconds younger": {&state{policies: inForce}, 9 * time.Second, NotReviewed, "delete it and create it again"},
		"ten seconds younger":  {&state{policies: inForce}, 10 * time.Second, Reviewed, ""},
		"younger than policies that changed since": {&state{policies: inForce, since: noon.Add(24 * time.Hour)}, time.Hour, Reviewed, ""},
	} {
		t.Run(title, func(t *testing.T) {
			k := &Keeper{grace: 10 * time.Second}
			if test.state != nil {
				k.state.Store(test.state)
			}
			got, why := k.Object(metav1.NewTime(noon.Add(test.created)))
			if got != test.want || (why != nil) != (test.why != "") || why != nil && !strings.Contains(why.Error(), test.why) {
				t.Errorf("%s, %v; want %s, %q", got, why, test.want, test.why)
			}
		})
	}
}

// What was reviewed while the policies were in force stays so while they are not, as long as it does not change.
func TestVerdictOfABaselineWhileThePoliciesAreNotInForce(t *testing.T) {
	inForce := newInstalled().read()
	weak := &policySet{identities: inForce.identities, created: noon, problem: errors.New("a binding is missing")}
	baseline := func(uid types.UID, generation int64, age time.Duration) *metav1.ObjectMeta {
		return &metav1.ObjectMeta{UID: uid, Generation: generation, CreationTimestamp: metav1.NewTime(noon.Add(age))}
	}
	k := &Keeper{grace: 10 * time.Second}
	k.state.Store(&state{policies: inForce})
	for _, seen := range []*metav1.ObjectMeta{baseline("young", 1, time.Hour), baseline("old", 1, -time.Hour)} {
		_, _ = k.Baseline(seen)
	}
	k.state.Store(&state{policies: weak})
	for title, test := range map[string]struct {
		baseline *metav1.ObjectMeta
		want     Verdict
	}{
		"as it was reviewed":      {baseline("young", 1, time.Hour), Reviewed},
		"changed meanwhile":       {baseline("young", 2, time.Hour), NotReviewed},
		"made meanwhile":          {baseline("new", 1, time.Hour), NotReviewed},
		"older than the policies": {baseline("old", 1, -time.Hour), NotReviewed},
	} {
		t.Run(title, func(t *testing.T) {
			if got, _ := k.Baseline(test.baseline); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
	k.state.Store(&state{policies: inForce})
	if got, _ := k.Baseline(baseline("old", 1, -time.Hour)); got != NotReviewed {
		t.Errorf("an older one is %s when they are in force again", got)
	}
	again := *inForce
	again.created = noon.Add(24 * time.Hour) // deleted, and put back
	k.state.Store(&state{policies: &again})
	if got, _ := k.Baseline(baseline("young", 1, time.Hour)); got != Reviewed {
		t.Errorf("one that was reviewed is %s when the policies are made anew", got)
	}
	if got, _ := k.Baseline(baseline("young", 2, time.Hour)); got != NotReviewed {
		t.Errorf("one that was changed meanwhile is %s when the policies are made anew", got)
	}
}
