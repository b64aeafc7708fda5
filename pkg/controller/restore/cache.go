package restore

import "seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"

// TrimCached is the transform of cached restores. It removes their long lists.
func TrimCached(object any) (any, error) {
	record, ok := object.(*v1alpha1.BaselineRestore)
	if !ok {
		return object, nil
	}
	record.ManagedFields = nil
	record.Status.TrimLists()
	return record, nil
}
