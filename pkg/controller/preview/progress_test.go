package preview

import (
	"context"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// The progress is written now and then, to the version that the write before made, and a preview that was deleted ends its answer.
func TestProgressIsShownUntilThePreviewIsDeleted(t *testing.T) {
	began := time.Unix(100, 0)
	passed, ended := clocktesting.NewFakePassiveClock(began), false
	var written []string
	var refused error
	shown := &shownProgress{
		clock: passed, last: began, abandon: func() { ended = true }, preview: &v1alpha1.BaselinePreview{},
		client: interceptor.NewClient(nil, interceptor.Funcs{
			SubResourceUpdate: func(_ context.Context, _ client.Client, _ string, object client.Object, _ ...client.SubResourceUpdateOption) error {
				preview := object.(*v1alpha1.BaselinePreview)
				written = append(written, preview.ResourceVersion+" "+preview.Status.Conditions[0].Message)
				object.SetResourceVersion("2")
				return refused
			},
		}),
	}
	shown.update(t.Context(), 1, 9)
	passed.SetTime(began.Add(showEvery))
	shown.update(t.Context(), 2, 9)
	shown.update(t.Context(), 3, 9)
	if len(written) != 1 || written[0] != " 2 of 9 namespaces tried" || ended {
		t.Errorf("written: %q, ended: %v", written, ended)
	}
	refused = apierrors.NewNotFound(schema.GroupResource{Resource: "baselinepreviews"}, "web")
	passed.SetTime(began.Add(2 * showEvery))
	shown.update(t.Context(), 4, 9)
	if len(written) != 2 || written[1] != "2 4 of 9 namespaces tried" || !ended {
		t.Errorf("written: %q, ended: %v", written, ended)
	}
}
