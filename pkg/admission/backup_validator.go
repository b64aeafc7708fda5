package admission

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
)

// Resources resolves names of resources. It must read names as the capture does, because the capture lists exactly the
// resources that are reviewed here.
type Resources interface {
	// Resolve returns every resource that one of the names matches, and the names that match nothing namespaced.
	Resolve(ctx context.Context, names []string) (found []schema.GroupResource, unknown []string, err error)
}

// BackupValidator serves the webhook of BaselineBackups. Seedbed reads everything, Secrets too, so the creator of a backup
// must be allowed to list its objects. A backup that a Baseline uses cannot be deleted, and one that namespaces hold only on purpose.
type BackupValidator struct {
	Reviewer  Reviewer
	Resources Resources
	Uses      BackupUses
}

var backupResource = v1alpha1.Resource("baselinebackups")

// ValidateCreate implements [admission.Validator].
func (v *BackupValidator) ValidateCreate(ctx context.Context, newObj *v1alpha1.BaselineBackup) (admission.Warnings, error) {
	user, err := requesterOf(ctx, newObj.Name)
	if err != nil {
		return nil, err
	}
	spec := &newObj.Spec
	if errs := policy.ValidateSelector(spec.LabelSelector, field.NewPath("spec", "labelSelector")); len(errs) > 0 {
		return nil, denyInvalid(kindBackup, newObj.Name, errs)
	}
	included, err := v.resolveIncluded(ctx, newObj)
	if err != nil {
		return nil, err
	}
	warnings, err := v.excludedWarnings(ctx, spec.ExcludedResources)
	if err != nil {
		return nil, err
	}
	missing, err := v.missingPermissions(ctx, user, included, spec.IncludedNamespaces)
	if errors.Is(err, errTooManyReviews) {
		return nil, denyForbidden(backupResource, newObj.Name, field.NewPath("spec"), "%v", err)
	}
	if err != nil || len(missing) == 0 {
		return warnings, err
	}
	return nil, denyForbidden(backupResource, newObj.Name, field.NewPath("spec", "includedResources"),
		"who takes a backup must be able to list what it holds: ask for that permission or name less in spec.includedResources and spec.includedNamespaces; you cannot list %s",
		joinNames(missing))
}

// ValidateUpdate implements [admission.Validator]. The schema keeps the spec as it is.
func (v *BackupValidator) ValidateUpdate(_ context.Context, _, _ *v1alpha1.BaselineBackup) (admission.Warnings, error) {
	return nil, nil
}

// ValidateDelete implements [admission.Validator].
func (v *BackupValidator) ValidateDelete(ctx context.Context, oldObj *v1alpha1.BaselineBackup) (admission.Warnings, error) {
	if _, err := requesterOf(ctx, oldObj.Name); err != nil {
		return nil, err
	}
	users, err := v.Uses.BaselinesUsing(ctx, oldObj.Name)
	if err != nil {
		return nil, err
	}
	path := field.NewPath("metadata", "name")
	if len(users.Current) > 0 {
		return nil, denyForbidden(backupResource, oldObj.Name, path,
			"backup %.64q is in use by %s: \"kubectl get baselines\" shows which; delete them or point their spec.backup elsewhere first",
			oldObj.Name, formatCount(len(users.Current), "Baseline"))
	}
	if len(users.Earlier) > 0 {
		return nil, denyForbidden(backupResource, oldObj.Name, path,
			"backup %.64q is in the history of %s %s, which an undo can go back to: it leaves a history when %d later revisions follow it, "+
				"or when the Baseline is deleted; \"seedbed baseline rollout history %.64s\" lists the revisions",
			oldObj.Name, plural(len(users.Earlier), "Baseline"), joinNames(users.Earlier), v1alpha1.MaxHistory, users.Earlier[0])
	}
	return nil, v.protectHeld(ctx, oldObj)
}

// protectHeld returns a denial if namespaces hold the backup, unless it is annotated for that.
func (v *BackupValidator) protectHeld(ctx context.Context, backup *v1alpha1.BaselineBackup) error {
	if backup.Annotations[v1alpha1.AnnotationDeleteHeld] == "true" {
		return nil
	}
	holders, err := v.Uses.CountHolders(ctx, backup.Name)
	if err != nil || holders == 0 {
		return err
	}
	return denyForbidden(backupResource, backup.Name, field.NewPath("metadata", "name"),
		"backup %.64q is held by %s, which could not be compared with it or set back to it any more; "+
			"to delete it all the same, run \"seedbed backup delete %.64s --force\", or annotate it with %s=true first",
		backup.Name, formatCount(holders, "namespace"), backup.Name, v1alpha1.AnnotationDeleteHeld)
}

// requesterOf returns the user of the request, or a denial if it has none.
func requesterOf(ctx context.Context, name string) (authenticationv1.UserInfo, error) {
	user := requestOf(ctx).UserInfo
	if user.Username == "" {
		return user, denyForbidden(backupResource, name, nil, "a request without a user is allowed nothing")
	}
	return user, nil
}

// maxNamed is an upper bound of the names in one message.
const maxNamed = 10

// joinNames returns the names for a sentence, at most maxNamed.
func joinNames(names []string) string {
	if len(names) <= maxNamed {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNamed], ", "), len(names)-maxNamed)
}

// everything is every resource of a namespace, now and later.
var everything = schema.GroupResource{Group: "*", Resource: "*"}

// resolveIncluded returns the resources that the backup selects.
func (v *BackupValidator) resolveIncluded(ctx context.Context, backup *v1alpha1.BaselineBackup) ([]schema.GroupResource, error) {
	names := backup.Spec.IncludedResources
	if len(names) == 0 || slices.Contains(names, everything.Resource) {
		return []schema.GroupResource{everything}, nil
	}
	found, unknown, err := v.Resources.Resolve(ctx, names)
	if err != nil {
		return nil, fmt.Errorf("resolving spec.includedResources: %w", err)
	}
	if len(unknown) > 0 {
		path := field.NewPath("spec", "includedResources").Index(slices.Index(names, unknown[0]))
		return nil, denyInvalid(kindBackup, backup.Name, field.ErrorList{
			field.Invalid(path, unknown[0], "is no namespaced resource of this cluster: kubectl api-resources --namespaced lists them"),
		})
	}
	return found, nil
}

// excludedWarnings returns a warning for each name that excludes nothing: after a typo, the backup holds objects that it
// should not.
func (v *BackupValidator) excludedWarnings(ctx context.Context, names []string) ([]string, error) {
	if len(names) == 0 {
		return nil, nil
	}
	_, unknown, err := v.Resources.Resolve(ctx, names)
	if err != nil {
		return nil, fmt.Errorf("resolving spec.excludedResources: %w", err)
	}
	var warnings []string
	for _, name := range unknown {
		warnings = append(warnings, fmt.Sprintf("spec.excludedResources: %.64q excludes nothing, it is no namespaced resource of this cluster", name))
	}
	return warnings, nil
}

// formatCount returns a number of things for a sentence.
func formatCount(count int, noun string) string {
	return fmt.Sprintf("%d %s", count, plural(count, noun))
}

// plural returns the noun in the number of count.
func plural(count int, noun string) string {
	if count == 1 {
		return noun
	}
	return noun + "s"
}
