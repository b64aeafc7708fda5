package preview

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// showEvery is the shortest time between two writes of the progress.
const showEvery = 2 * time.Second

// shownProgress writes the progress of a long answer into the preview's condition. It is for one goroutine at a time.
type shownProgress struct {
	client  client.Client
	clock   clock.PassiveClock
	preview *v1alpha1.BaselinePreview
	last    time.Time
	// abandon ends the answer of a preview that was deleted.
	abandon context.CancelFunc
}

// update writes how many namespaces were tried, unless it did a moment ago. The answer is written to the version that it returns.
func (s *shownProgress) update(ctx context.Context, done, total int) {
	if s.clock.Since(s.last) < showEvery {
		return
	}
	s.last = s.clock.Now()
	status := &v1alpha1.BaselinePreviewStatus{}
	setAnswer(status, s.preview, metav1.ConditionUnknown, v1alpha1.ReasonPreviewing, fmt.Sprintf("%d of %d namespaces tried", done, total))
	err := writeStatus(ctx, s.client, s.preview, status)
	switch {
	case apierrors.IsNotFound(err):
		s.abandon()
	case err != nil: // the answer itself is tried again
		log.FromContext(ctx).Error(err, "Could not show the progress of a preview", "preview", s.preview.Name)
	}
}
