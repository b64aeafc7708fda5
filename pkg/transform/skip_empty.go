package transform

// skipEmpty: an object without metadata or a name cannot be created anywhere. It is told, since a backup
// that holds one was not written by Seedbed or is damaged.
func skipEmpty(it *item) (string, bool) {
	switch {
	case len(it.root) == 0:
		return "the backup holds no content for it", false
	case it.meta == nil:
		return "its metadata is missing or not an object", false
	case stringAt(it.meta, "name") == "":
		return "it has no name", false
	}
	return "", false
}
