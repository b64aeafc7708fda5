package admission

import (
	"context"
	"fmt"
	"slices"

	authenticationv1 "k8s.io/api/authentication/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// source is the backup that a Baseline or a restore hands out, and the namespace in it.
type source struct {
	backup    string
	namespace string // may be empty when the backup holds one
}

// sources judges who may hand out which backup.
type sources struct {
	backups  Backups
	reviewer Reviewer
}

// authorize finds the backup for a user who has the verb "restore" on it, nil when it does not exist.
// Permission comes before existence: whoever has none learns nothing.
func (s sources) authorize(ctx context.Context, user authenticationv1.UserInfo, from source) (*v1alpha1.BaselineBackup, error) {
	allowed, err := s.reviewer.Review(ctx, user, restore(from.backup))
	if err != nil {
		return nil, err
	}
	if !allowed {
		advice := s.advice(ctx, user, from.backup)
		if advice == "" {
			advice = `ask an administrator for the verb "restore" on it`
		}
		return nil, deny("spec.backup: backup %.64q does not exist, or you may not restore from it: %s", from.backup, advice)
	}
	backup, err := s.backups.Backup(ctx, from.backup)
	if err != nil || backup == nil {
		return nil, err
	}
	return backup, from.check(backup)
}

// advice names backups that the user may restore from; nothing when there are none.
func (s sources) advice(ctx context.Context, user authenticationv1.UserInfo, asked string) string {
	backups, err := s.backups.Backups(ctx)
	if err != nil {
		return "" // what the advice is for stands without it
	}
	names := make([]string, 0, len(backups))
	for i := range backups {
		names = append(names, backups[i].Name)
	}
	return findChoices(ctx, s.reviewer, user, restore, asked, names).advice()
}

// check says whether the backup holds the namespace, or leaves no doubt which one is meant.
func (s source) check(backup *v1alpha1.BaselineBackup) error {
	holds := slices.Sorted(slices.Values(backup.Spec.IncludedNamespaces))
	switch {
	case s.namespace == "" && len(holds) > 1:
		return deny("spec.sourceNamespace is needed, since backup %q holds several namespaces: set it to one of %s", backup.Name, enumerate(holds))
	case s.namespace != "" && !slices.Contains(holds, s.namespace):
		return deny("spec.sourceNamespace: backup %q does not hold namespace %.64q: it holds %s", backup.Name, s.namespace, enumerate(holds))
	}
	return nil
}

// absent is what to tell about a backup that the user may restore from and that does not exist.
func (s sources) absent(ctx context.Context, user authenticationv1.UserInfo, name string) string {
	message := fmt.Sprintf("spec.backup: backup %.64q does not exist", name)
	if advice := s.advice(ctx, user, name); advice != "" {
		message += ": " + advice
	}
	return message
}
