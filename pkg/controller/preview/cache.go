package preview

import "seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"

// TrimCached is the transform of cached previews. It keeps the spec and the conditions: users bring the rest, and answers are
// large.
func TrimCached(object any) (any, error) {
	preview, ok := object.(*v1alpha1.BaselinePreview)
	if !ok {
		return object, nil
	}
	preview.ManagedFields, preview.Labels, preview.Annotations = nil, nil, nil
	preview.Status = v1alpha1.BaselinePreviewStatus{Conditions: preview.Status.Conditions}
	return preview, nil
}
