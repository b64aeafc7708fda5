package v1alpha1

// IsOutdated reports whether a namespace was given other content than the Baseline has now. A new backup of an untouched source
// leaves the content the same, and a new version of Seedbed the intent: neither outdates a holder.
func (b *Baseline) IsOutdated(held *RestoreResult) bool {
	switch {
	case b.Status.RevisionHash == "": // its content is not known
		return held.Backup != b.Spec.Backup
	case held.RevisionHash == "": // written before there were revisions
		return held.Digest != b.Status.Digest
	default:
		return held.RevisionHash != b.Status.RevisionHash && held.ContentDigest != b.Status.ContentDigest
	}
}
