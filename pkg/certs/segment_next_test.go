package certs

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var testSegmentPolicy = segmentPolicy{rotation: time.Hour, publishGrace: time.Minute}

func TestNextSegmentStepMakesTheDueStep(t *testing.T) {
	a, b, c := segmentOf("a"), segmentOf("b"), segmentOf("c")
	tests := map[string]struct {
		state segmentState
		at    time.Duration // since epoch
		want  step
		after func(segmentState) bool
	}{
		"nothing there": {want: stepFirstSegment, after: func(s segmentState) bool { return IsSegment(s.current) && s.next == "" }},
		"only the next is left": {state: segmentState{next: b}, want: stepFirstSegment,
			after: func(s segmentState) bool { return s.current == b && s.next == "" }},
		"all is well":    {state: segmentState{current: a, currentSince: epoch, published: []string{a}}, want: stepNone},
		"just before":    {state: segmentState{current: a, currentSince: epoch}, at: time.Hour - 1, want: stepNone},
		"due":            {state: segmentState{current: a, currentSince: epoch}, at: time.Hour, want: stepMakeNextSegment, after: func(s segmentState) bool { return s.current == a && s.next != "" && s.next != a }},
		"asked for":      {state: segmentState{current: a, currentSince: epoch, requested: true}, want: stepMakeNextSegment, after: func(s segmentState) bool { return !s.requested }},
		"a clock ahead":  {state: segmentState{current: a, currentSince: epoch.Add(time.Hour)}, want: stepMakeNextSegment},
		"recovered":      {state: segmentState{current: a, recovered: true}, want: stepRepair, after: func(s segmentState) bool { return !s.recovered }},
		"replicas learn": {state: segmentState{current: a, next: b, nextSince: epoch}, at: time.Minute - 1, want: stepNone},
		"replicas have learnt": {state: segmentState{current: a, next: b, nextSince: epoch}, at: time.Minute, want: stepSwitchSegment,
			after: func(s segmentState) bool { return s.current == b && s.previous == a && s.next == "" }},
		"since when is lost":        {state: segmentState{current: a, next: b}, want: stepNoteNextSegment},
		"not published yet":         {state: segmentState{current: b, previous: a, currentSince: epoch, published: []string{b, a}}, at: time.Hour, want: stepNone},
		"no webhook at all":         {state: segmentState{current: b, previous: a, currentSince: epoch}, at: time.Hour, want: stepNone},
		"published":                 {state: segmentState{current: b, previous: a, currentSince: epoch, published: []string{b, b}}, want: stepNoteSegmentPublished},
		"unpublished again":         {state: segmentState{current: b, previous: a, currentSince: epoch, publishedSince: epoch, published: []string{b, ""}}, at: time.Hour, want: stepNoteSegmentUnpublished},
		"API servers learn":         {state: segmentState{current: b, previous: a, currentSince: epoch, publishedSince: epoch, published: []string{b}}, at: time.Minute - 1, want: stepNone},
		"API servers have learnt":   {state: segmentState{current: b, previous: a, currentSince: epoch, publishedSince: epoch, published: []string{b}}, at: time.Minute, want: stepDropPreviousSegment, after: func(s segmentState) bool { return s.current == b && s.previous == "" }},
		"one rotation at a time":    {state: segmentState{current: b, previous: a, currentSince: epoch, requested: true, published: []string{a}}, at: 2 * time.Hour, want: stepNone},
		"asked for in the midst":    {state: segmentState{current: b, next: c, nextSince: epoch, requested: true}, want: stepNone, after: func(s segmentState) bool { return s.requested }},
		"published by another hand": {state: segmentState{current: a, currentSince: epoch, published: []string{b}}, want: stepNone},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			after, done, wait := testSegmentPolicy.nextStep(test.state, epoch.Add(test.at))
			if done != test.want {
				t.Fatalf("step %q, want %q", done, test.want)
			}
			if done == stepNone && (wait <= 0 || wait > maxWait) {
				t.Errorf("it waits for %s", wait)
			}
			if test.after != nil && !test.after(after) {
				t.Errorf("after it: %+v", after)
			}
		})
	}
}

func TestRecoverLostSegments(t *testing.T) {
	a, b := segmentOf("a"), segmentOf("b")
	for name, test := range map[string]struct {
		state             segmentState
		current, previous string
		recovered         bool
	}{
		"nothing lost":              {state: segmentState{current: a, published: []string{b}}, current: a},
		"lost":                      {state: segmentState{published: []string{a, a}}, current: a, recovered: true},
		"lost in the midst":         {state: segmentState{published: []string{"", a, b}}, current: a, previous: b, recovered: true},
		"nothing was published":     {state: segmentState{published: []string{"", ""}}},
		"the next is published too": {state: segmentState{next: a, published: []string{a}}},
	} {
		t.Run(name, func(t *testing.T) {
			test.state.recoverLost()
			if s := test.state; s.current != test.current || s.previous != test.previous || s.recovered != test.recovered {
				t.Errorf("recovered %+v", s)
			}
		})
	}
}

func TestSegmentSecretHoldsTheWholeState(t *testing.T) {
	before := segmentState{
		current: segmentOf("a"), next: segmentOf("b"), previous: segmentOf("c"),
		currentSince: epoch, nextSince: epoch.Add(time.Second), publishedSince: epoch.Add(time.Nanosecond),
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{"example.com/mine": "x", AnnotationRotate: RotateSegment}}}
	if !readSegments(secret).requested {
		t.Error("the request is not read")
	}
	writeSegments(secret, before)
	after := readSegments(secret)
	if after.current != before.current || after.next != before.next || after.previous != before.previous || after.requested ||
		!after.currentSince.Equal(before.currentSince) || !after.nextSince.Equal(before.nextSince) || !after.publishedSince.Equal(before.publishedSince) {
		t.Errorf("read %+v", after)
	}
	writeSegments(secret, segmentState{current: segmentOf("d")})
	if len(secret.Data) != 1 || len(secret.Annotations) != 1 || secret.Annotations["example.com/mine"] != "x" {
		t.Errorf("keys %d, annotations %v: past entries must go, and those of others stay", len(secret.Data), secret.Annotations)
	}
	secret.Data[segmentCurrentKey] = []byte("damaged")
	if got := readSegments(secret); got.current != "" {
		t.Errorf("a damaged segment is read as %q", got.current)
	}
}
