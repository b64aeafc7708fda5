package v1alpha1

// IsOutdated reports whether a namespace got other content than the Baseline has now. A new backup of an unchanged source
// keeps the content, and a new version of Seedbed keeps the intent: neither makes a namespace outdated.
func (b *Baseline) IsOutdated(held *RestoreResult) bool {
	switch {
	case b.Status.Digest == "": // its content is not known
		return held.Backup != b.Spec.Backup
	case b.Status.RevisionHash == "" || held.RevisionHash == "": // written before there were revisions
		return held.Digest != b.Status.Digest
	default:
		return held.RevisionHash != b.Status.RevisionHash && held.ContentDigest != b.Status.ContentDigest
	}
}
