package preview

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// previewsAt returns so many previews of one second, of eight namespaces in turn, with a condition of that reason; without one if
// that is empty.
func previewsAt(second, count int, reason string) []v1alpha1.BaselinePreview {
	previews := make([]v1alpha1.BaselinePreview, count)
	for i := range previews {
		previews[i].UID = types.UID(fmt.Sprintf("%d-%03d", second, i))
		previews[i].Spec.Namespace = fmt.Sprintf("team-%d", i%8)
		previews[i].CreationTimestamp = metav1.NewTime(time.Unix(int64(second), 0))
		if reason != "" {
			setAnswer(&previews[i].Status, &previews[i], metav1.ConditionFalse, reason, "")
		}
	}
	return previews
}

func TestRankPreviews(t *testing.T) {
	const most = v1alpha1.MaxPreviews
	join := func(groups ...[]v1alpha1.BaselinePreview) (all []v1alpha1.BaselinePreview) {
		for _, group := range groups {
			all = append(all, group...)
		}
		return all
	}
	terminating := previewsAt(100, most, "")
	for i := range terminating {
		terminating[i].DeletionTimestamp = &metav1.Time{}
	}
	ofOne := func(previews []v1alpha1.BaselinePreview) []v1alpha1.BaselinePreview {
		for i := range previews {
			previews[i].Spec.Namespace = "greedy"
		}
		return previews
	}
	ofFleets := func(previews []v1alpha1.BaselinePreview) []v1alpha1.BaselinePreview {
		for i := range previews {
			previews[i].Spec.Namespace, previews[i].Spec.Fleet = "", &v1alpha1.FleetPreview{}
		}
		return previews
	}
	const mostOfOne = v1alpha1.MaxPreviewsOfNamespace
	for name, test := range map[string]struct {
		previews                      []v1alpha1.BaselinePreview
		answer, refuse, drop, expired int
		next                          time.Duration
	}{
		"none":                                {},
		"one":                                 {previews: previewsAt(100, 1, ""), answer: 1, next: 10 * time.Minute},
		"as many as are kept":                 {previews: previewsAt(100, most, ""), answer: most, next: 10 * time.Minute},
		"some more":                           {previews: previewsAt(100, most+3, ""), answer: most, refuse: 3, next: 10 * time.Minute},
		"answered ones take room":             {previews: join(previewsAt(90, most-1, v1alpha1.ReasonAnswered), previewsAt(100, 3, "")), answer: 1, refuse: 2, next: 10*time.Minute - 10*time.Second},
		"refused for another reason, too":     {previews: join(previewsAt(90, most, v1alpha1.ReasonRefused), previewsAt(100, 3, "")), refuse: 3, next: 10*time.Minute - 10*time.Second},
		"refused as too many take none":       {previews: join(previewsAt(90, most, v1alpha1.ReasonTooManyPreviews), previewsAt(100, 3, "")), answer: 3, next: 20 * time.Second},
		"nor do those that are being deleted": {previews: join(terminating, previewsAt(100, 3, "")), answer: 3, next: 10 * time.Minute},
		"a flood":                             {previews: previewsAt(100, 10000, ""), answer: most, refuse: maxRefusedPreviews, drop: 10000 - most - maxRefusedPreviews, next: 10 * time.Minute},
		"a flood among refused ones":          {previews: join(previewsAt(90, 100, v1alpha1.ReasonTooManyPreviews), previewsAt(100, 1000, "")), answer: most, refuse: maxRefusedPreviews - 100, drop: 1000 - most - maxRefusedPreviews + 100, next: 20 * time.Second},
		"a flood of one namespace":            {previews: ofOne(previewsAt(100, 100, "")), answer: mostOfOne, refuse: 100 - mostOfOne, next: 10 * time.Minute},
		"others beside it":                    {previews: join(ofOne(previewsAt(90, 100, "")), previewsAt(100, 3, "")), answer: mostOfOne + 3, refuse: 100 - mostOfOne, next: 10*time.Minute - 10*time.Second},
		"a flood of fleets":                   {previews: ofFleets(previewsAt(100, 100, "")), answer: v1alpha1.MaxFleetPreviews, refuse: 100 - v1alpha1.MaxFleetPreviews, next: time.Hour},
		"namespaces beside fleets":            {previews: join(ofFleets(previewsAt(90, 100, "")), previewsAt(100, 3, "")), answer: v1alpha1.MaxFleetPreviews + 3, refuse: 100 - v1alpha1.MaxFleetPreviews, next: 10 * time.Minute},
		"a fleet lives longer":                {previews: ofFleets(previewsAt(-600, 1, v1alpha1.ReasonAnswered)), next: time.Hour - 700*time.Second},
		"answered ones of one namespace":      {previews: join(ofOne(previewsAt(90, mostOfOne, v1alpha1.ReasonAnswered)), ofOne(previewsAt(100, 2, "")), previewsAt(100, 1, "")), answer: 1, refuse: 2, next: 10*time.Minute - 10*time.Second},
		"expired, answered or not":            {previews: join(previewsAt(-500, 2, v1alpha1.ReasonAnswered), previewsAt(-600, 3, ""), previewsAt(70, 4, v1alpha1.ReasonTooManyPreviews)), expired: 9},
	} {
		t.Run(name, func(t *testing.T) {
			got := rankPreviews(test.previews, nil, time.Unix(100, 0))
			if len(got.answer) != test.answer || len(got.refuse) != test.refuse || len(got.drop) != test.drop || len(got.expired) != test.expired || got.next != test.next {
				t.Errorf("%d to answer, %d to refuse, %d to drop, %d expired, next after %s", len(got.answer), len(got.refuse), len(got.drop), len(got.expired), got.next)
			}
		})
	}
}

func TestRankPreviewsKeepsTheOrder(t *testing.T) {
	previews := append(previewsAt(100, v1alpha1.MaxPreviews, ""), previewsAt(90, 1, "")...)
	oldest, youngest := &previews[len(previews)-1], &previews[v1alpha1.MaxPreviews-1]
	got := rankPreviews(previews, nil, time.Unix(100, 0))
	if got.answer[0] != oldest || len(got.refuse) != 1 || got.refuse[0] != youngest {
		t.Errorf("first %s, refused %v", got.answer[0].UID, got.refuse)
	}
	got = rankPreviews(previews, map[types.UID]bool{youngest.UID: true}, time.Unix(100, 0))
	if got.answer[0] != youngest || len(got.refuse) != 1 || got.refuse[0] == youngest {
		t.Errorf("one that was handed over lost its place to %s", got.answer[0].UID)
	}
}
