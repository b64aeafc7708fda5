package v1alpha1

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// IsOutdated reports whether a namespace holds other content than the Baseline has now. A new backup of an unchanged source
// keeps the content, and a new version of Seedbed keeps the intent: neither makes a namespace outdated. The content of a
// revision in the history was compiled by the present version, that in a record by the one that wrote it.
func (b *Baseline) IsOutdated(held RevisionContent) bool {
	switch {
	case b.Status.Digest == "": // its content is not known
		return held.Backup != b.Spec.Backup
	case b.Status.RevisionHash == "" || held.Hash == "": // written before there were revisions
		return held.Digest != b.Status.Digest
	}
	content := held.ContentDigest
	if known := b.FindRevision(held.Hash); known != nil {
		content = known.ContentDigest
	}
	return held.Hash != b.Status.RevisionHash && content != b.Status.ContentDigest
}

// FindRevision returns the revision of that hash in the Baseline's history, or nil.
func (b *Baseline) FindRevision(hash string) *BaselineRevision {
	for i := range b.Status.History {
		if b.Status.History[i].Hash == hash {
			return &b.Status.History[i]
		}
	}
	return nil
}

// RulesOf returns the rules of a revision. One that the history does not have gets the present ones if it was written by rules.
func (b *Baseline) RulesOf(revision RevisionContent) *BaselineRules {
	switch known := b.FindRevision(revision.Hash); {
	case known != nil:
		return &known.BaselineRules
	case revision.ValuesHash == "":
		return &BaselineRules{}
	default:
		return &b.Spec.BaselineRules
	}
}

// LastRolledOut returns the revision of the history that was rolled out last, or nil. A return to an earlier revision puts that one in
// front of later ones, so the order does not decide.
func (s *BaselineStatus) LastRolledOut() *BaselineRevision {
	var last *BaselineRevision
	for i := range s.History {
		revision := &s.History[i]
		if revision.RolledOutTimestamp != nil && (last == nil || last.RolledOutTimestamp.Before(revision.RolledOutTimestamp)) {
			last = revision
		}
	}
	return last
}

// UsedBackups returns the names of the backups that the Baseline and the revisions in its history restore, sorted.
func (b *Baseline) UsedBackups() []string {
	names := []string{b.Spec.Backup}
	for i := range b.Status.History {
		names = append(names, b.Status.History[i].Backup)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// UsesBackup reports whether the Baseline or a revision in its history restores a backup.
func (b *Baseline) UsesBackup(backup string) bool { return slices.Contains(b.UsedBackups(), backup) }

// IsRolledOut reports whether the status shows that every namespace which should hold the Baseline holds a revision, which must be
// the present one. A condition that describes another generation than the rest of the status shows nothing.
func (s *BaselineStatus) IsRolledOut(hash string) bool {
	condition := meta.FindStatusCondition(s.Conditions, ConditionRolledOut)
	return s.RevisionHash == hash && condition != nil && condition.Status == metav1.ConditionTrue && condition.ObservedGeneration == s.ObservedGeneration
}
