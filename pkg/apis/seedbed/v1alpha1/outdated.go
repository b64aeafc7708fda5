package v1alpha1

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
