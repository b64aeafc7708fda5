package diff

import (
	"context"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
	"seedbed.dev/seedbed/pkg/internal/apierr"
)

// finder finds the content to compare a namespace with.
type finder struct {
	client    client.Client
	program   string
	namespace string
	// baseline and backup are those that the user named; empty if they did not.
	baseline, backup string
}

// selectContent returns the request for the comparison: with the revision that the namespace holds, unless the user named a backup.
func (f *finder) selectContent(ctx context.Context) (*v1alpha1.BaselinePreviewSpec, error) {
	request := &v1alpha1.BaselinePreviewSpec{Namespace: f.namespace, Baseline: f.baseline, Backup: f.backup, Compare: v1alpha1.CompareBackup}
	if f.baseline != "" && f.backup != "" {
		return request, f.checkBackup(ctx, f.baseline)
	}
	record, err := f.findRecord(ctx)
	if err != nil {
		return nil, err
	}
	request.Baseline = record.Name
	if f.backup != "" {
		return request, f.checkBackup(ctx, record.Name)
	}
	request.Compare, request.Backup = v1alpha1.CompareHeld, record.HeldRevision().Backup
	return request, f.checkHeldBackup(ctx, record)
}

// findRecord returns the record of the baseline that the user named, or of the only one that the namespace holds.
func (f *finder) findRecord(ctx context.Context) (*v1alpha1.BaselineRecord, error) {
	if f.baseline != "" {
		record := &v1alpha1.BaselineRecord{}
		err := f.client.Get(ctx, client.ObjectKey{Namespace: f.namespace, Name: f.baseline}, record)
		if !apierr.IsObjectNotFound(err) {
			return record, output.Explain(fmt.Sprintf("read the record of baseline %q in namespace %q", f.baseline, f.namespace), err)
		}
	}
	objects, err := resource.List(ctx, f.client, resource.Record, client.InNamespace(f.namespace))
	if err != nil {
		return nil, output.Explain(fmt.Sprintf("list the baselines that namespace %q holds", f.namespace), err)
	}
	names := resource.ObjectNames(objects)
	switch {
	case f.baseline != "":
		return nil, fmt.Errorf("namespace %q does not hold baseline %q: it holds %s. Compare it with a backup by --backup, or see `%s baseline preview %s -n %s`",
			f.namespace, f.baseline, holdings(names), f.program, f.baseline, f.namespace)
	case len(names) == 0:
		return nil, fmt.Errorf("namespace %q holds no baseline: it does not exist, or nothing was restored into it yet (`kubectl describe ns %s` tells why)", f.namespace, f.namespace)
	case len(names) > 1:
		return nil, fmt.Errorf("namespace %q holds %d baselines: name one of them, %s", f.namespace, len(names), f.calls(names))
	}
	return objects[0].(*v1alpha1.BaselineRecord), nil
}

func holdings(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return output.JoinNames(names)
}

// calls returns the call of the command for each baseline.
func (f *finder) calls(names []string) string {
	var calls []string
	for _, name := range slices.Sorted(slices.Values(names)) {
		calls = append(calls, fmt.Sprintf("`%s diff %s %s`", f.program, f.namespace, name))
	}
	return strings.Join(calls, " or ")
}

// checkHeldBackup returns an error if the backup that the namespace holds is gone. It passes one that the user may not read.
func (f *finder) checkHeldBackup(ctx context.Context, record *v1alpha1.BaselineRecord) error {
	backup := record.HeldRevision().Backup
	err := f.client.Get(ctx, client.ObjectKey{Name: backup}, &v1alpha1.BaselineBackup{})
	switch {
	case apierr.IsObjectNotFound(err):
		return &output.Explained{
			Text: fmt.Sprintf("namespace %q holds backup %q of baseline %q, which was deleted: its content cannot be compared any more. "+
				"Compare with another one, `%s diff %s %s --backup BACKUP`, such as the baseline's present one", f.namespace, backup, record.Name, f.program, f.namespace, record.Name),
			Cause: err,
		}
	case apierrors.IsForbidden(err):
		return nil
	}
	return output.Explain(fmt.Sprintf("read backup %q", backup), err)
}

// checkBackup returns an error if the backup that the user named cannot be the baseline's.
func (f *finder) checkBackup(ctx context.Context, name string) error {
	obj, err := resource.GetNamed(ctx, f.client, resource.Baseline, name)
	if err != nil {
		return err
	}
	spec := obj.(*v1alpha1.Baseline).Spec
	spec.Backup = f.backup
	return resource.CheckBaselineBackup(ctx, f.client, &spec)
}
