package authorization

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
)

// newNamespaceAt returns a namespace that asks for web and was created at that time after noon. A mark of "-" is none.
func newNamespaceAt(after time.Duration, mark string) *corev1.Namespace {
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
	inForce := newFakePolicies().readRestores()
	weak := &policySet{identities: inForce.identities, created: noon, problem: errors.New("a binding is missing")}
	known := &state{policies: inForce, since: noon.Add(300 * time.Millisecond)}
	marked := &state{policies: inForce, since: known.since, marked: true}
	for title, test := range map[string]struct {
		state     *state
		namespace *corev1.Namespace
		want      Verdict
	}{
		"nothing is known yet":          {nil, newNamespaceAt(time.Hour, "-"), Unknown},
		"not remembered yet since when": {&state{policies: inForce}, newNamespaceAt(time.Hour, "-"), Unknown},
		"its mark was refused": {
			&state{policies: inForce, since: known.since, marked: true, refused: map[types.UID]string{"": policy.AnnotationDigest(newNamespaceAt(time.Hour, "-"))}},
			newNamespaceAt(time.Hour, "-"), NotReviewed,
		},
		"its mark was refused, for another value": {
			&state{policies: inForce, since: known.since, marked: true, refused: map[types.UID]string{"": "other"}}, newNamespaceAt(time.Hour, "-"), Reviewed,
		},
		"not in force":                             {&state{policies: weak, since: noon, marked: true}, newNamespaceAt(time.Hour, "-"), NotReviewed},
		"created ten seconds after them":           {known, newNamespaceAt(10*time.Second, "-"), Reviewed},
		"created nine seconds after them":          {known, newNamespaceAt(9*time.Second, "-"), Unknown},
		"created before them, not marked yet":      {known, newNamespaceAt(-time.Hour, "-"), Unknown},
		"created before them, when all are marked": {marked, newNamespaceAt(-time.Hour, "-"), Reviewed},
		"marked":                                     {marked, newNamespaceAt(-time.Hour, "this"), NotReviewed},
		"marked, before all are":                     {known, newNamespaceAt(-time.Hour, "this"), NotReviewed},
		"marked, although it is younger":             {marked, newNamespaceAt(time.Hour, "this"), NotReviewed},
		"another value was marked":                   {marked, newNamespaceAt(-time.Hour, "another"), Reviewed},
		"another value was marked, before all are":   {known, newNamespaceAt(-time.Hour, "another"), Unknown},
		"marked, and it is not known since when yet": {&state{policies: inForce}, newNamespaceAt(-time.Hour, "this"), NotReviewed},
	} {
		t.Run(title, func(t *testing.T) {
			k := &Keeper{grace: 10 * time.Second}
			if test.state != nil {
				k.restores.Store(test.state)
			}
			if got := k.Annotation(test.namespace); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

// withPolicies returns a Keeper with a grace of ten seconds, whose API server has the policies.
func withPolicies(i *fakePolicies) *Keeper {
	var objects []runtime.Object
	for name := range i.policies {
		objects = append(objects, i.policies[name], i.bindings[name])
	}
	return &Keeper{grace: 10 * time.Second, client: fake.NewClientset(objects...), unseen: make(chan struct{}, 1)}
}

func TestVerdictOfARestoreAndOfAPreview(t *testing.T) {
	i := newFakePolicies()
	inForce := i.readRestores()
	other := newFakePolicies()
	other.bindings[PolicyRestores].Generation, other.policies[PolicyPreviews].UID = 2, "other"
	for title, test := range map[string]struct {
		state   *state
		created time.Duration
		want    Verdict
		why     string
	}{
		"nothing is known yet":          {nil, time.Hour, Unknown, "not known yet"},
		"not remembered yet since when": {&state{policies: inForce}, time.Hour, Unknown, "not known yet"},
		"not in force":                  {&state{policies: &policySet{created: noon, problem: errors.New("a binding is missing")}}, time.Hour, NotReviewed, "not in force: a binding is missing"},
		"older":                         {&state{policies: inForce, since: noon}, -time.Hour, NotReviewed, "delete it and create it again"},
		"nine seconds younger":          {&state{policies: inForce, since: noon}, 9 * time.Second, NotReviewed, "delete it and create it again"},
		"ten seconds younger":           {&state{policies: inForce, since: noon}, 10 * time.Second, Reviewed, ""},
		"older than their change":       {&state{policies: inForce, since: noon.Add(24 * time.Hour)}, time.Hour, NotReviewed, "before they last changed"},
		"they change unseen":            {&state{policies: other.readRestores(), since: noon}, time.Hour, Unknown, "not known yet"},
	} {
		t.Run(title, func(t *testing.T) {
			k := withPolicies(i)
			previews := test.state
			if test.state != nil && len(test.state.policies.identities) > 0 {
				set := i
				if title == "they change unseen" {
					set = other
				}
				previews = &state{policies: set.readNames(previewPolicies), since: test.state.since}
			}
			k.restores.Store(test.state)
			k.previews.Store(previews)
			for kind, verdictOf := range map[string]func(context.Context, metav1.Time) (Verdict, error){"restore": k.Restore, "preview": k.Preview} {
				got, why := verdictOf(t.Context(), metav1.NewTime(noon.Add(test.created)))
				if got != test.want || (why != nil) != (test.why != "") || why != nil && !strings.Contains(why.Error(), test.why) {
					t.Errorf("%s: %s, %v; want %s, %q", kind, got, why, test.want, test.why)
				}
			}
		})
	}
}

// A reviewed Baseline stays reviewed until it changes, with or without the policies.
func TestVerdictOfABaseline(t *testing.T) {
	inForce := newFakePolicies().readRestores()
	weak := &state{policies: &policySet{identities: inForce.identities, created: noon, problem: errors.New("a binding is missing")}}
	baseline := func(uid types.UID, generation int64, age time.Duration) *metav1.ObjectMeta {
		return &metav1.ObjectMeta{UID: uid, Generation: generation, CreationTimestamp: metav1.NewTime(noon.Add(age))}
	}
	adopted := baseline("known", 1, time.Hour)
	adopted.Annotations = map[string]string{v1alpha1.AnnotationAdopt: "a"}
	since := &state{policies: inForce, since: noon}
	listed := &state{policies: inForce, since: noon, listed: true, unreviewed: revisions{"old": "1"}}
	for title, test := range map[string]struct {
		state    *state
		reviewed *revisions
		baseline *metav1.ObjectMeta
		want     Verdict
		signals  bool
	}{
		"nothing is known yet":                     {nil, nil, baseline("new", 1, time.Hour), Unknown, false},
		"the memory is not read yet":               {weak, nil, baseline("known", 1, time.Hour), Unknown, false},
		"not known yet since when":                 {&state{policies: inForce}, &revisions{}, baseline("new", 1, time.Hour), Unknown, false},
		"reviewed, not in force":                   {weak, &revisions{"known": "1"}, baseline("known", 1, time.Hour), Reviewed, false},
		"reviewed and changed since, not in force": {weak, &revisions{"known": "1"}, baseline("known", 2, time.Hour), NotReviewed, false},
		"reviewed and adopted since, not in force": {weak, &revisions{"known": "1"}, adopted, NotReviewed, false},
		"made meanwhile, not in force":             {weak, &revisions{"known": "1"}, baseline("new", 1, time.Hour), NotReviewed, false},
		"young":                                    {since, &revisions{}, baseline("new", 1, 10*time.Second), Reviewed, true},
		"young and reviewed":                       {since, &revisions{"new": "1"}, baseline("new", 1, 10*time.Second), Reviewed, false},
		"older, not listed yet":                    {since, &revisions{}, baseline("old", 1, 9*time.Second), Unknown, false},
		"older and reviewed, not listed yet":       {since, &revisions{"old": "1"}, baseline("old", 1, -time.Hour), Reviewed, false},
		"older, listed":                            {listed, &revisions{}, baseline("old", 1, -time.Hour), NotReviewed, false},
		"older, changed since it was listed":       {listed, &revisions{}, baseline("old", 2, -time.Hour), Unknown, true},
		"older, as a lagging cache has it":         {listed, &revisions{"other": "2"}, baseline("other", 1, -time.Hour), Unknown, true},
	} {
		t.Run(title, func(t *testing.T) {
			k := &Keeper{grace: 10 * time.Second, unseen: make(chan struct{}, 1)}
			k.restores.Store(test.state)
			k.reviewed.Store(test.reviewed)
			got, why := k.Baseline(test.baseline)
			if got != test.want || (why == nil) != (got == Reviewed) {
				t.Errorf("%s, %v; want %s", got, why, test.want)
			}
			if signals := len(k.unseen) > 0; signals != test.signals {
				t.Errorf("the leader looks at it: %v, want %v", signals, test.signals)
			}
		})
	}
}

// A verdict is not taken back because the policies are loosened before the leader has listed the Baseline.
func TestVerdictOfABaselineStaysUntilItIsListed(t *testing.T) {
	inForce := newFakePolicies().readRestores()
	k := &Keeper{grace: 10 * time.Second, unseen: make(chan struct{}, 1)}
	k.reviewed.Store(&revisions{})
	baseline := &metav1.ObjectMeta{UID: "young", Generation: 1, CreationTimestamp: metav1.NewTime(noon.Add(time.Hour))}
	for _, step := range []struct {
		name       string
		problem    error
		generation int64
		want       Verdict
	}{
		{"in force", nil, 1, Reviewed},
		{"not in force", errors.New("a binding is missing"), 1, Reviewed},
		{"changed meanwhile", errors.New("a binding is missing"), 2, NotReviewed},
	} {
		k.restores.Store(&state{policies: &policySet{identities: inForce.identities, problem: step.problem}, since: noon})
		baseline.Generation = step.generation
		if got, why := k.Baseline(baseline); got != step.want {
			t.Errorf("%s: %s, %v; want %s", step.name, got, why, step.want)
		}
	}
}
