package baseline

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	rbacv1 "k8s.io/api/rbac/v1"

	"seedbed.dev/seedbed/pkg/cli/flag"
)

// accessFlags are --user, --group and --serviceaccount, which name the subjects of a grant as kubectl's flags do.
type accessFlags struct {
	users, groups, serviceAccounts []string
}

func (f *accessFlags) addTo(cmd *cobra.Command, purpose string) {
	// Arrays, because the names of users and groups may have commas.
	cmd.Flags().StringArrayVar(&f.groups, "group", nil, "`GROUP` "+purpose+"; repeat it for more")
	cmd.Flags().StringArrayVar(&f.users, "user", nil, "`USER` "+purpose+"; repeat it for more")
	cmd.Flags().StringArrayVar(&f.serviceAccounts, "serviceaccount", nil, "service account `NAMESPACE:NAME` "+purpose+"; repeat it for more")
}

// parseSubjects returns the subjects of the flags, each once.
func (f *accessFlags) parseSubjects() ([]rbacv1.Subject, error) {
	var subjects []rbacv1.Subject
	for _, named := range []struct {
		kind  string
		names []string
	}{{rbacv1.GroupKind, f.groups}, {rbacv1.UserKind, f.users}} {
		for _, name := range named.names {
			if name == "" {
				return nil, fmt.Errorf("--%s is empty: name one", strings.ToLower(named.kind))
			}
			subjects = addSubject(subjects, rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: named.kind, Name: name})
		}
	}
	for _, typed := range f.serviceAccounts {
		namespace, name, found := strings.Cut(typed, ":")
		if !found || flag.CheckNamespaceName(namespace) != nil || flag.CheckName("service account", name) != nil {
			return nil, fmt.Errorf("--serviceaccount %q is not NAMESPACE:NAME: give for example ci:deployer", typed)
		}
		subjects = addSubject(subjects, rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: name})
	}
	if len(subjects) == 0 {
		return nil, errors.New("nobody is named: add --group, --user or --serviceaccount NAMESPACE:NAME")
	}
	return subjects, nil
}

// addSubject returns subjects with subject, once.
func addSubject(subjects []rbacv1.Subject, subject rbacv1.Subject) []rbacv1.Subject {
	if hasSubject(subjects, subject) {
		return subjects
	}
	return append(subjects, subject)
}

// hasSubject reports whether subject is one of subjects. RBAC ignores the API group, which is often left out.
func hasSubject(subjects []rbacv1.Subject, subject rbacv1.Subject) bool {
	return slices.ContainsFunc(subjects, func(each rbacv1.Subject) bool {
		return each.Kind == subject.Kind && each.Namespace == subject.Namespace && each.Name == subject.Name
	})
}

// subjectName returns the name of a subject as its flag takes it.
func subjectName(subject *rbacv1.Subject) string {
	if subject.Kind == rbacv1.ServiceAccountKind {
		return subject.Namespace + ":" + subject.Name
	}
	return subject.Name
}

// describeSubject returns a subject for a message, for example `group "team-a"`.
func describeSubject(subject *rbacv1.Subject) string {
	noun := strings.ToLower(subject.Kind)
	if subject.Kind == rbacv1.ServiceAccountKind {
		noun = "service account"
	}
	return fmt.Sprintf("%s %q", noun, subjectName(subject))
}
