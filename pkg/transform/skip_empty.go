package transform

// skipEmpty skips objects without metadata or a name, which cannot be created. The skip is not quiet: a backup that
// holds one is damaged or was not written by Seedbed.
func skipEmpty(c *cleaner) (string, bool) {
	switch {
	case len(c.root) == 0:
		return "the backup holds no content for it", false
	case c.meta == nil:
		return "its metadata is missing or not an object", false
	case stringAt(c.meta, "name") == "":
		return "it has no name", false
	}
	return "", false
}
