package namespace

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/authorization"
	"seedbed.dev/seedbed/pkg/policy"
)

// fakeAnnotations is one answer to every question about annotations.
type fakeAnnotations struct {
	verdict   authorization.Verdict
	confirmed bool
	err       error // of Confirm
	problem   error
	confirms  int
}

func (f *fakeAnnotations) Annotation(*corev1.Namespace) authorization.Verdict { return f.verdict }

func (f *fakeAnnotations) Confirm(context.Context, *corev1.Namespace) (bool, error) {
	f.confirms++
	return f.confirmed, f.err
}

func (f *fakeAnnotations) Problem() error { return f.problem }

func TestDecisionFollowsTheReview(t *testing.T) {
	everything := &metav1.LabelSelector{}
	baselines := policy.Compile([]v1alpha1.Baseline{
		{ObjectMeta: metav1.ObjectMeta{Name: "web"}},
		{ObjectMeta: metav1.ObjectMeta{Name: "default"}, Spec: v1alpha1.BaselineSpec{NamespaceSelector: everything}},
		{ObjectMeta: metav1.ObjectMeta{Name: "guard"}, Spec: v1alpha1.BaselineSpec{NamespaceSelector: everything, Enforcement: v1alpha1.EnforcementRequired}},
	})
	completed := &v1alpha1.BaselineRecord{Result: v1alpha1.RestoreResult{Phase: v1alpha1.PhaseCompleted}}
	for name, test := range map[string]struct {
		annotations fakeAnnotations
		record      *v1alpha1.BaselineRecord // of web
		want        string
		again       time.Duration
		confirms    int
	}{
		"reviewed":                        {fakeAnnotations{verdict: authorization.Reviewed, confirmed: true}, nil, "guard web", 0, 1},
		"reviewed, and restored already":  {fakeAnnotations{verdict: authorization.Reviewed}, completed, "guard web", 0, 0},
		"the live namespace is marked":    {fakeAnnotations{verdict: authorization.Reviewed}, nil, "guard, undecided", authorization.RetryUnknownAfter, 1},
		"not reviewed":                    {fakeAnnotations{verdict: authorization.NotReviewed}, nil, "guard default, NotAuthorized(run)", 0, 0},
		"not known yet: no Optional ones": {fakeAnnotations{verdict: authorization.Unknown}, nil, "guard, undecided", authorization.RetryUnknownAfter, 0},
		"the policies are not in force":   {fakeAnnotations{verdict: authorization.NotReviewed, problem: errors.New("a binding is missing")}, nil, "guard default, NotAuthorized(annotation)", authorization.RetryProblemAfter, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := &Reconciler{Authorization: &test.annotations}
			s := &snapshot{records: map[string]*v1alpha1.BaselineRecord{}}
			if test.record != nil {
				s.records["web"] = test.record
			}
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "bar", Annotations: map[string]string{v1alpha1.AnnotationBaseline: "web"}}}
			if err := r.decideBaselines(t.Context(), namespace, baselines, s); err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, choice := range s.decision.Choices {
				names = append(names, choice.Baseline)
			}
			got := strings.Join(names, " ")
			if s.undecided {
				got += ", undecided"
			}
			for _, refusal := range s.decision.Refusals {
				first, _, _ := strings.Cut(refusal.Message, " ")
				got += fmt.Sprintf(", %s(%s)", refusal.Reason, first)
			}
			if got != test.want {
				t.Errorf("decided %q, want %q", got, test.want)
			}
			if again := r.reviewDelay(s); again != test.again {
				t.Errorf("again after %s, want %s", again, test.again)
			}
			if test.annotations.confirms != test.confirms {
				t.Errorf("%d calls to confirm, want %d", test.annotations.confirms, test.confirms)
			}
		})
	}
	failing := &Reconciler{Authorization: &fakeAnnotations{verdict: authorization.Reviewed, err: errors.New("no answer")}}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "bar", Annotations: map[string]string{v1alpha1.AnnotationBaseline: "web"}}}
	if err := failing.decideBaselines(t.Context(), namespace, baselines, &snapshot{}); err == nil {
		t.Error("it decided without a confirmation")
	}
}
