package authorization

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestBaselinesAreSorted(t *testing.T) {
	listed := func(uid types.UID, generation int64, age time.Duration) metav1.PartialObjectMetadata {
		return metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{UID: uid, Generation: generation, CreationTimestamp: metav1.NewTime(noon.Add(age))}}
	}
	adopted := listed("adopted", 1, -time.Hour)
	adopted.Annotations = map[string]string{v1alpha1.AnnotationAdopt: "a"}
	all := []metav1.PartialObjectMetadata{
		listed("young", 3, 0), listed("same", 2, -time.Hour), listed("changed", 2, -time.Second), listed("older", 1, -time.Hour), adopted,
	}
	before := revisions{"same": "2", "changed": "1", "adopted": "1", "deleted": "1"}
	for title, test := range map[string]struct {
		before               memory
		reviewed, unreviewed revisions
	}{
		"when the policies are settled": {
			memory{Reviewed: before}, revisions{"young": "3", "same": "2"}, revisions{"changed": "2", "older": "1", "adopted": revisionOf(&adopted)},
		},
		"once they were listed": {
			memory{Reviewed: before, Listed: true, Unreviewed: revisions{"changed": "1", "older": "1", "deleted": "1"}},
			revisions{"young": "3", "same": "2", "changed": "2", "adopted": revisionOf(&adopted)}, revisions{"older": "1"},
		},
	} {
		t.Run(title, func(t *testing.T) {
			reviewed, unreviewed := sortBaselines(all, &test.before, noon)
			if diff := cmp.Diff(test.reviewed, reviewed); diff != "" {
				t.Errorf("reviewed (want, got): %s", diff)
			}
			if diff := cmp.Diff(test.unreviewed, unreviewed); diff != "" {
				t.Errorf("unreviewed (want, got): %s", diff)
			}
		})
	}
}

// The memory always fits its Secret, and Baselines that are left out are not trusted.
func TestMemoryIsBounded(t *testing.T) {
	full := memory{Refused: map[types.UID]string{}, Reviewed: revisions{}, Listed: true, Unreviewed: revisions{}}
	for i := range 2 * maxBaselines {
		uid := types.UID(fmt.Sprintf("%036d", i))
		full.Reviewed[uid] = "1000000-0123456789abcdef"
		if i < maxBaselines {
			full.Unreviewed[uid] = "1000000-0123456789abcdef"
		}
		if i < maxRefused {
			full.Refused[uid] = fmt.Sprintf("%064d", i)
		}
	}
	const mostOfASecret = 1 << 20
	encoded, err := json.Marshal(full.withinBounds())
	if err != nil || len(encoded) > mostOfASecret {
		t.Errorf("it has %d bytes, and may have %d: %v", len(encoded), mostOfASecret, err)
	}
	bounded := full.withinBounds()
	if len(bounded.Reviewed) != maxBaselines || len(bounded.Unreviewed) != maxBaselines || !bounded.Listed || len(full.Reviewed) != 2*maxBaselines {
		t.Errorf("%d reviewed, %d unreviewed, listed %t", len(bounded.Reviewed), len(bounded.Unreviewed), bounded.Listed)
	}
	full.Unreviewed["one more"] = "1"
	if bounded := full.withinBounds(); bounded.Listed || len(bounded.Unreviewed) > 0 {
		t.Errorf("too many unreviewed ones: %d, listed %t", len(bounded.Unreviewed), bounded.Listed)
	}
}
